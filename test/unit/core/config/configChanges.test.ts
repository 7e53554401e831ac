import assert from "node:assert/strict";

import { describeConfigChanges } from "../../../../provider/core/config/configChanges";
import { redactMachineConfig } from "../../../../provider/core/config/redact";

describe("The changes of a machine config", () => {
  it("are told leaf by leaf, those of a document with its kind and name", () => {
    const before = "machine:\n  install: { disk: /dev/sda }\n  certSANs: [a]\n---\nkind: X\nname: n\nold: 1\n";
    const after = "machine:\n  install: { disk: /dev/sdb }\n  certSANs: [a, b]\n---\nkind: X\nname: n\nnew: 2\n";
    assert.deepEqual(describeConfigChanges(before, after), [
      '~ machine.install.disk: "/dev/sda" -> "/dev/sdb"',
      '- X/n.old: "******"',
      '+ machine.certSANs[1]: "b"',
      '+ X/n.new: "******"',
    ]);
  });

  it("show no secret, be it a value, a key of a map or a name", () => {
    const config = (round: number): string =>
      `machine:\n  env: { PIN: pin${round}, NUMBER: ${round}234, OTHER: pin-code }\n  registries:\n    config:\n      https://me:password${round}@host: { tls: { insecureSkipVerify: true } }\n---\nkind: X\nname: named-secret-${round}\nleaf: ${round}\n`;
    const secrets = [{ a: ["pin1", 1234] }, "pin2", 2234, "named-secret-1", "named-secret-2"];
    const said = describeConfigChanges(config(1), config(2), { secrets }).join("\n");
    assert.match(said, /~ machine\.env\.PIN: a secret or long value changes/);
    assert.match(said, /\+ machine\.registries\.config\.\*{6}\.tls\.insecureSkipVerify: /);
    for (const text of ["pin1", "pin2", "1234", "2234", "password1", "password2", "named-secret"])
      assert.ok(!said.includes(text), text);
  });
});

describe("A redacted machine config", () => {
  it("hides what is named as a secret: short texts and numbers where they are the whole value, longer ones anywhere", () => {
    const config = "machine:\n  env: { A: pin, B: pinned-to-the-wall, C: 42, D: 421, E: 'x long-secret y' }\n";
    assert.equal(
      redactMachineConfig(config, { secrets: ["pin", 42, ["long-secret"]] }),
      "machine:\n    env:\n        A: '******'\n        B: sha256:29ab\n        C: '******'\n        D: '******'\n        E: '******'\n",
    );
  });
});
