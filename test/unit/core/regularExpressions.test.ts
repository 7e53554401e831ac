import assert from "node:assert/strict";

import { isSecretName, isSecretText } from "../../../provider/core/config/secretLeaf";
import { normaliseAddressPort } from "../../../provider/core/netAddress";
import { parseGoDuration } from "../../../provider/core/goDuration";
import { holdsPrivateKey } from "../../../provider/core/x509/pem";
import { formatYamlDocuments } from "../../../provider/core/yaml/emitter";
import { resolveTag } from "../../../provider/core/yaml/scalar";

const LENGTH = 200_000;
/** Where time grew with the square of the length, it took ten seconds and more. */
const LONGEST_MS = 1_000;

const RUNS = [
  "\n",
  " ",
  "\t",
  "\u2028",
  "0",
  "9",
  "a",
  ":",
  "[",
  "/",
  "?a=",
  "kind:",
  "\nkind:",
  "automount",
  "PRIVATE KEY",
  "1.",
  "1h",
  "a.",
];

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  "a secret in a text": (text) => isSecretText(text),
  "the name of a secret": (text) => isSecretName(text),
  "a private key": holdsPrivateKey,
  "a duration": parseGoDuration,
  "an address with a port": normaliseAddressPort,
  "the kind of a scalar": resolveTag,
  "a text for YAML": (text) => formatYamlDocuments([text]),
};

describe("A long run of the same", () => {
  for (const [what, read] of Object.entries(READERS)) {
    it(`holds up nobody who looks for ${what}`, () => {
      for (const run of RUNS) {
        for (const start of ["", "[", "1", "-----BEGIN ", "x"]) {
          const text = `${start}${run.repeat(LENGTH / run.length)}`;
          for (const whole of [text, `${text}!`]) {
            const { user } = process.cpuUsage();
            read(whole);
            const ms = (process.cpuUsage().user - user) / 1000;
            assert.ok(ms < LONGEST_MS, `${JSON.stringify(start)} and ${JSON.stringify(run)}: ${Math.round(ms)} ms`);
          }
        }
      }
    });
  }
});
