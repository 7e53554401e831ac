import { coreReference } from "./core";
import { resourceReference } from "./resources";

const HEAD = `# API reference

Made from the definitions and docstrings by \`npm run docs\`; a test holds that it is current.

## Resources

\`hours\` is a whole number of hours or a Go duration such as \`"8760h"\` or \`"90m"\`. Certificates and keys are PEM, times
RFC 3339 UTC. In TypeScript every input takes an \`Output\` in its place.`;

const CORE = `## Core

\`import { … } from "pulumi-talos-pki/core"\`: pure functions. They know no Pulumi, read no file, call no network, and get time and
randomness as arguments.`;

/** The text of docs/api.md. */
export const apiReference = (): string => `${[HEAD, resourceReference(), CORE, coreReference()].join("\n\n")}\n`;
