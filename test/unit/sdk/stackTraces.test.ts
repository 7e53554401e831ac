import assert from "node:assert/strict";

import type * as pulumi from "@pulumi/pulumi";

import * as sdk from "../../../sdk";
import { Registrations } from "./registrations";

type Format = (error: Error, frames: NodeJS.CallSite[]) => unknown;

const hooks: { prepareStackTrace?: Format | undefined } = Error;

describe("The stack traces of a program that makes resources", () => {
  const registrations = new Registrations();
  const installed = hooks.prepareStackTrace;
  let makers: (string | null | undefined)[] = [];
  const format: Format = (error, frames) => {
    makers.push(frames[0]?.getFunctionName());
    return [
      String(error),
      ...frames.map((frame) => `    at ${frame.getFunctionName() ?? "?"} (${frame.getFileName() ?? ""}:1:1)`),
    ].join("\n");
  };

  before(() => registrations.listen());
  beforeEach(() => {
    registrations.clear();
    makers = [];
    hooks.prepareStackTrace = format;
  });
  afterEach(() => {
    hooks.prepareStackTrace = installed;
    delete process.env["PULUMI_DEBUG_PROMISE_LEAKS"];
  });

  /** How many traces of promises making a resource takes. */
  const tracesOf = (opts?: pulumi.CustomResourceOptions): number => {
    new sdk.TalosSecrets("s", {}, opts);
    assert.equal(hooks.prepareStackTrace, format);
    return makers.filter((maker) => maker === "debuggablePromise").length;
  };

  it("are not made for the promises of outputs, of which there are four each", async () => {
    assert.equal(tracesOf(), 0);
    await registrations.next();
  });

  it("are made for them where someone looks for leaks", async () => {
    process.env["PULUMI_DEBUG_PROMISE_LEAKS"] = "1";
    assert.ok(tracesOf() > 40);
    await registrations.next();
  });

  it("lead to the program, whatever goes wrong in between", () => {
    const fail = (): never => {
      throw new Error("transformation");
    };
    assert.throws(
      () => tracesOf({ transformations: [fail] }),
      (error: Error) => /transformation\n {4}at fail .*stackTraces\.test\.ts/.test(error.stack ?? ""),
    );
    assert.equal(hooks.prepareStackTrace, format);
  });

  it("tell the engine where a resource is made", async () => {
    const { request } = await registrations.of(() => new sdk.TalosSecrets("s"));
    assert.match(String(request.getSourceposition()?.getUri()), /\.(ts|js)$/);
  });

  it("are nobody's concern in plain JavaScript", async () => {
    hooks.prepareStackTrace = undefined;
    new sdk.TalosSecrets("s");
    assert.equal(hooks.prepareStackTrace, undefined);
    await registrations.next();
  });
});
