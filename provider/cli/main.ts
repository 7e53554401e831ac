#!/usr/bin/env node
import { runProgram } from "./program";
import { systemCli } from "./cliContext";

// A reader such as `head` may leave early; that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

void runProgram(process.argv.slice(2), systemCli).then((code) => {
  process.exitCode = code;
});
