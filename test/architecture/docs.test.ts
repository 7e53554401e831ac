import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { runProgram } from "../../provider/cli/program";
import type { CliContext } from "../../provider/cli/cliContext";
import { createEnvironment } from "../../provider/core/environment";
import { ERROR_CODES } from "../../provider/core/errorCodes";
import { WARNING_REASONS } from "../../provider/core/reasons";
import { apiReference } from "../../tools/api";
import { withWarnings } from "../../tools/api/warnings";
import { shownCommands, unknownOptions } from "./support/commands";
import { anchorsOf, blocks, commandsOf, documents, linksOf, repository } from "./support/markdown";
import { typecheck } from "./support/typecheck";

const read = (path: string): string => readFileSync(join(repository, path), "utf8");
const lines = (text: string): string => text.replace(/\s+/g, " ");

/** What `talos-pki words… --help` prints; `undefined` where there is no such command. */
async function helpOfCli(words: readonly string[]): Promise<string | undefined> {
  let text = "";
  const cli: CliContext = {
    environment: createEnvironment(webcrypto, () => new Date("2026-01-01T00:00:00Z")),
    colours: false,
    version: "1.2.3",
    out: (part) => (text += part),
    err: (part) => (text += part),
    read: () => Promise.reject(new Error("help reads nothing")),
    run: () => Promise.reject(new Error("help runs nothing")),
    runHere: () => Promise.reject(new Error("help runs nothing")),
    nodes: () => Promise.reject(new Error("help calls no node")),
  };
  const code = await runProgram([...words, "--help"], cli);
  return code === 0 && text.includes(`talos-pki ${words.join(" ")}`) ? text : undefined;
}

interface Vector {
  readonly id: string;
}

describe("the documentation", function () {
  this.timeout(60_000);

  it("has an API reference that is current", () => {
    assert.ok(read("docs/api.md") === apiReference(), "docs/api.md is old; `npm run docs` writes it anew");
  });

  describe("of errors", () => {
    const [head = "", ...sections] = read("docs/errors.md").split(/^## (?=ERR_)/m);
    const codes = sections.map((section) => section.split("\n", 1)[0] ?? "");

    it("has a section for each code, in the order of the codes, and no other", () => {
      assert.deepEqual(codes, Object.keys(ERROR_CODES));
    });

    it("has symptom, cause and remedy of each", () => {
      for (const section of sections) {
        const entries = [...section.matchAll(/^- \*\*(\w+)\*\*: +\S/gm)].map((match) => match[1]);
        assert.deepEqual(entries, ["Symptom", "Cause", "Remedy"], section);
      }
    });

    it("leads from each of the messages on Talos's page to codes", () => {
      for (const message of [
        "x509: certificate has expired",
        "x509: certificate signed by unknown authority",
        "certificate is missing the client auth extended key usage",
      ]) {
        const row = head.split("\n").find((line) => line.includes(message));
        assert.match(row ?? message, /\(#err_/);
      }
    });
  });

  it("has a table of every reason of a warning", () => {
    const text = read("docs/errors.md");
    assert.ok(text === withWarnings(text), "the table in docs/errors.md is old; `npm run docs` writes it anew");
    for (const reason of Object.keys(WARNING_REASONS)) assert.ok(text.includes(`| \`${reason}\` `), reason);
    assert.notEqual(withWarnings(text.replace("`expired`", "`over`")), text.replace("`expired`", "`over`"));
  });

  it("names every folder of the provider and of the tests in the page on design", () => {
    const text = read("docs/design.md");
    const foldersOf = (path: string): string[] =>
      readdirSync(join(repository, path), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      );
    const named = ["provider", "provider/core"].flatMap((path) =>
      foldersOf(path).map((name) => `\`${path}/${name}/\``),
    );
    const tests = foldersOf("test").map((name) => `\`${name}\``);
    assert.deepEqual(
      [...named, ...tests].filter((name) => !text.includes(name)),
      [],
    );
  });

  it("names constants and vectors of deviations that exist", () => {
    const text = read("docs/compatibility.md");
    const vectors = JSON.parse(read("test/vectors/index.json")) as { vectors: Vector[] } | Vector[];
    const ids = new Set((Array.isArray(vectors) ? vectors : vectors.vectors).map(({ id }) => id));
    const named = [...text.matchAll(/\(vector `([^`]+)`\)|`((?:out|bundles)\/[^`]+)`/g)];
    assert.ok(named.length >= 5);
    for (const [, id, path] of named) {
      assert.ok(
        id === undefined ? existsSync(join(repository, "test", "vectors", path ?? "")) : ids.has(id),
        id ?? path,
      );
    }
    for (const constant of ["TALOS_CLIENT_COMMON_NAME", "AGGREGATOR_COMMON_NAME", "TALOS_NODE_COMMON_NAME"]) {
      assert.ok(text.includes(`\`${constant}\``), constant);
      assert.ok(apiReference().includes(`#### ${constant}\n`), `${constant} is not exported`);
    }
  });

  it("has TypeScript that type-checks, block by block", () => {
    const snippets = blocks("ts");
    assert.ok(snippets.length >= 6);
    assert.deepEqual(typecheck(snippets), []);
    assert.deepEqual(typecheck(snippets, "default"), []);
  });

  it("has JSON and YAML blocks, if any, only in languages that are checked", () => {
    const checked = ["ts", "typescript", "sh", "text"];
    // test/e2e/registry.test.ts and test/slow/sdks.test.ts run and compile what the Registry shows.
    const elsewhere = ["yaml", "python", "go"].map((language) => `docs/_index.md: ${language}`);
    const others = documents()
      .flatMap(({ path, text }) => [...text.matchAll(/^```(\w+)$/gm)].map((match) => `${path}: ${match[1] ?? ""}`))
      .filter((block) => !elsewhere.includes(block) && !checked.some((language) => block.endsWith(`: ${language}`)));
    assert.deepEqual(others, []);
  });

  it("names npm scripts, tools and files that exist", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const wrong = blocks("sh").flatMap((block) =>
      commandsOf(block).flatMap(([command = "", ...words]) => {
        const [first = ""] = words.filter((word) => !word.startsWith("-"));
        const isRight = {
          npm: () => {
            if (first === "run") return (words.filter((word) => !word.startsWith("-"))[1] ?? "") in scripts;
            return ["start", "test"].includes(first) ? first in scripts : ["ci", "install", "pack"].includes(first);
          },
          node: () => existsSync(join(repository, first)),
          cd: () => existsSync(join(repository, first)),
        }[command];
        return isRight === undefined || isRight() ? [] : [`${block.where}: ${command} ${words.join(" ")}`];
      }),
    );
    assert.deepEqual(wrong, []);
  });

  it("shows only commands of programs that a test knows", () => {
    const known = [
      "npm",
      "node",
      "cd",
      "pulumi",
      "talosctl",
      "talos-pki",
      "openssl",
      "age",
      "terraform",
      "kubectl",
      "sops",
      "umask",
      "grep",
      "python3",
      "venv/bin/pip",
    ];
    const unknown = blocks("sh").flatMap((block) =>
      commandsOf(block)
        .filter(([command = ""]) => !known.includes(command))
        .map((words) => `${block.where}: ${words.join(" ")}`),
    );
    assert.deepEqual(unknown, []);
  });

  it("keeps from others what a command writes secrets to", () => {
    const writing = /--show-secrets (>|--file)/;
    const [open, all] = [(text: string): boolean => !/^umask 077$/m.test(text.split(writing)[0] ?? ""), blocks("sh")];
    const written = all.filter(({ text }) => writing.test(text));
    assert.ok(written.length >= 10);
    assert.deepEqual(
      written.filter(({ text }) => open(text)).map(({ where }) => where),
      [],
    );
  });

  it("shows commands and options of talos-pki that exist", async () => {
    const commands = shownCommands("talos-pki");
    assert.ok(commands.length > 0);
    const depth = ([first = ""]: readonly string[]): number => (first === "rotation" ? 2 : 1);
    const wrong = await Promise.all(commands.map((command) => unknownOptions(command, depth, helpOfCli)));
    assert.deepEqual(wrong.flat(), []);
  });

  it("links to files and headings that exist", () => {
    const wrong = documents().flatMap((document) =>
      linksOf(document).flatMap(({ target, anchor }) => {
        if (!existsSync(join(repository, target))) return [`${document.path}: ${target}`];
        const isMissing = anchor !== "" && !anchorsOf(read(target)).has(anchor);
        return isMissing ? [`${document.path}: ${target}#${anchor}`] : [];
      }),
    );
    assert.deepEqual(wrong, []);
  });

  it("has the two commands of a fresh clone in the README, word for word", () => {
    const shell = blocks("sh").filter(({ where }) => where.startsWith("README.md:"));
    const single = shell.map(({ text }) => text.trim());
    assert.ok(single.includes("npm start"));
    assert.ok(single.includes("npm test"));
  });

  it("names no path of a machine and no host of a registry", () => {
    const bad = /(^|[\s"'(=])\/(root|work|tmp|home)\/|registry\.npmjs|npmjs\.org|proxy\.golang/;
    assert.deepEqual(
      documents()
        .filter(({ text }) => bad.test(lines(text)))
        .map(({ path }) => path),
      [],
    );
  });
});
