import assert from "node:assert/strict";

import { mergeUrls, normaliseUrl, parseGoRequestUrl, parseGoUrl } from "../../../provider/core/goUrl";

/** Measured with the machinery of v1.13.0 and v1.14.1; undefined where it rejects the URL. */
const WRITTEN: readonly (readonly [url: string, written: string | undefined])[] = [
  ["http://127.0.0.1?jointoken=%s", "http://127.0.0.1?jointoken=%s"],
  ["http://h/%s", undefined],
  ["http://h#%s", undefined],
  ["http://%s", undefined],
  ["http://h/a%2fb", "http://h/a%2fb"],
  ["http://h/a b%41", "http://h/a%20bA"],
  ["http://h#a b(c)'%41", "http://h#a%20b(c)%27A"],
  ["http://é/ü", "http://%C3%A9/%C3%BC"],
  ["http://h%41/", undefined],
  ["http://u'x@h", "http://u%27x@h"],
  ["http://é@h", undefined],
  ["http://a%40b:p%2f@h", "http://a%40b:p%2F@h"],
  ["http://u@", "http://u@"],
  ["http://a:b:80", undefined],
  ["tcp://a:b:80", "tcp://a:b:80"],
  ["http://[1.2.3.4]", undefined],
  ["http://[fd00::1%25e0]", "http://[fd00::1%25e0]"],
  ["http:///x", "http:///x"],
  ["http://", "http:"],
  ["x?y", "x?y"],
  ["x:y", "x:y"],
  [":y", undefined],
  ["*", "*"],
];

describe("A URL as Go reads and writes it", () => {
  it("has escapes by rules of each part, and none in a query", () => {
    for (const [url, written] of WRITTEN) assert.equal(normaliseUrl(url), written, url);
  });

  it("is patched part by part", () => {
    const old = "http://u:p@h:1/a%2fb?q#f";
    assert.equal(mergeUrls(old, "https://other"), "https://u:p@other/a%2fb?q#f");
    assert.equal(mergeUrls(old, "/c"), "http://u:p@h:1/c?q#f");
    assert.equal(mergeUrls(old, "/a/b"), old);
    assert.equal(mergeUrls(old, "?r=%s"), "http://u:p@h:1/a%2fb?r=%s#f");
    assert.equal(mergeUrls(old, "http://v@h"), "http://v@h/a%2fb?q#f");
  });

  it("has a host without user and brackets, and a path without escapes", () => {
    assert.deepEqual(parseGoUrl("tcp://u@[fd00::1]:80/%41"), {
      scheme: "tcp",
      opaque: "",
      host: "[fd00::1]:80",
      hostname: "fd00::1",
      port: "80",
      path: "/A",
    });
  });

  it("of a request is absolute or a path, without a fragment", () => {
    assert.equal(parseGoRequestUrl("//h/")?.path, "//h/");
    assert.equal(parseGoRequestUrl("https://h/#x")?.path, "/#x");
    for (const url of ["", "h", "https://h#x"]) assert.equal(parseGoRequestUrl(url), undefined, url);
  });
});
