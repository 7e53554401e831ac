import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation";

import { clusterProgram } from "./cluster";

export type Operation = "up" | "preview" | "destroy";

/** What came of one stack. */
export interface StackResult {
  readonly name: string;
  readonly seconds: number;
  /** Resources by what happened to them: `{create: 5}`. */
  readonly changes: Readonly<Record<string, number>>;
  /** When the admin's certificate ends, RFC 3339. */
  readonly expires?: string;
  /** Why it failed. */
  readonly error?: string;
}

/**
 * Opens the stack of a cluster, and makes it if it is new. The backend and the secrets provider are those of the
 * environment, as for the CLI. The folder is this one, where the dynamic provider finds the package.
 */
function open(name: string): Promise<Stack> {
  const program = (): Promise<Record<string, unknown>> => Promise.resolve(clusterProgram(name));
  return LocalWorkspace.createOrSelectStack({ stackName: name, projectName: "fleet", program }, { workDir: __dirname });
}

async function operate(stack: Stack, operation: Operation): Promise<Pick<StackResult, "changes" | "expires">> {
  switch (operation) {
    case "preview":
      return { changes: (await stack.preview()).changeSummary };
    case "destroy":
      return { changes: (await stack.destroy()).summary.resourceChanges ?? {} };
    case "up": {
      const { summary, outputs } = await stack.up();
      return {
        changes: summary.resourceChanges ?? {},
        expires: String(outputs["talosconfigExpires"]?.value),
      };
    }
  }
}

/** The last words of Pulumi, which tell why. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const line = text.split("\n").find((candidate) => /error:/.test(candidate));
  return (line ?? text).trim();
}

/** Runs one operation on one stack; never throws. */
export async function runStack(name: string, operation: Operation): Promise<StackResult> {
  const begin = Date.now();
  const seconds = (): number => Math.round((Date.now() - begin) / 100) / 10;
  try {
    const outcome = await operate(await open(name), operation);
    return { name, ...outcome, seconds: seconds() };
  } catch (error) {
    return { name, changes: {}, error: reasonOf(error), seconds: seconds() };
  }
}
