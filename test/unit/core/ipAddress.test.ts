import assert from "node:assert/strict";

import { canonicalIpAddress, isIpAddress, netipAddress } from "../../../provider/core/ipAddress";

/** Measured with Go 1.26: `net.ParseIP(text).String()` and `netip.ParseAddr(text).String()`. */
const MEASURED: readonly (readonly [text: string, netIp: string, netip: string])[] = [
  ["10.0.0.2", "10.0.0.2", "10.0.0.2"],
  ["0.0.0.0", "0.0.0.0", "0.0.0.0"],
  ["::ffff:10.0.0.2", "10.0.0.2", "::ffff:10.0.0.2"],
  ["::FFFF:a00:2", "10.0.0.2", "::ffff:10.0.0.2"],
  ["0:0:0:0:0:ffff:10.0.0.2", "10.0.0.2", "::ffff:10.0.0.2"],
  ["::10.0.0.2", "::a00:2", "::a00:2"],
  ["64:ff9b::10.0.0.1", "64:ff9b::a00:1", "64:ff9b::a00:1"],
  ["2001:DB8::1", "2001:db8::1", "2001:db8::1"],
  ["2001:db8:0:0::1", "2001:db8::1", "2001:db8::1"],
  ["2001:0db8:0:1:0:0:0:1", "2001:db8:0:1::1", "2001:db8:0:1::1"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", "1:2:3:4:5:6:7:0"],
  ["::", "::", "::"],
  ["::1", "::1", "::1"],
  ["fd00::", "fd00::", "fd00::"],
];

describe("An IP address", () => {
  for (const [text, netIp, netip] of MEASURED) {
    it(`${text} is ${netIp} in certificates, and ${netip} in machine configs, as Go has it`, () => {
      assert.deepEqual([canonicalIpAddress(text), netipAddress(text), isIpAddress(text)], [netIp, netip, true]);
      assert.deepEqual([canonicalIpAddress(netIp), netipAddress(netip)], [netIp, netip]);
    });
  }

  for (const text of [
    "",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "0x0a.0.0.1",
    "10.0.0.1 ",
    "10.0.0.0/8",
    "10.0.0.1:80",
    "[::1]",
    "::1%eth0",
    "fe80::1%25eth0",
    "::ffff:010.0.0.1",
    "::ffff:10.0.0.1%a",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7",
    "1::2::3",
    ":::",
    "12345::",
    "1:2:3:4:5:6:7:8::",
    "node",
  ]) {
    it(`is not ${JSON.stringify(text)}`, () => {
      assert.deepEqual(
        [canonicalIpAddress(text), netipAddress(text), isIpAddress(text)],
        [undefined, undefined, false],
      );
    });
  }
});
