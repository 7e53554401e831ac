import type { Properties } from "./wire";

/**
 * An operation that failed after something had changed. Both of Pulumi's servers know it by these members and store the
 * properties; the next update goes on from there. Source: pulumi/pulumi sdk/nodejs/provider/server.ts and
 * cmd/dynamic-provider/index.ts, v3.245.
 */
export class PartialFailure extends Error {
  constructor(
    readonly reasons: readonly string[],
    readonly id: string,
    readonly properties: Properties,
  ) {
    super(reasons.join("\n"));
  }

  /** The same with further properties. */
  with(more: Properties): PartialFailure {
    return new PartialFailure(this.reasons, this.id, { ...this.properties, ...more });
  }
}
