import { setFlagsFromString } from "node:v8";

// Young objects get 1 MB instead of 16 MB before they are looked through: a plugin works in short bursts, and a user
// pays for its memory beside that of the program. It must come before anything else is loaded.
setFlagsFromString("--semi-space-growth-factor=1");
