import { canonical } from "../../../provider/core/canonical";
import { markSecret, type Properties } from "../../../provider/engine/wire";
import type { Replay } from "./replay";
import type { Side } from "./sides";

/** One `pulumi up` or preview of a story. */
export interface Chapter {
  readonly now?: string;
  readonly args: Properties;
  /** Stop after the check and the diff. */
  readonly previewOnly?: boolean;
}

/** What the engine would have seen: every answer, in order. */
export type Transcript = unknown[];

/**
 * Tells a story to a side as the engine would: check against the last inputs, diff and update against the last outputs, each result
 * marked as the side marks it, a refresh after every up.
 */
export async function tell(side: Side, environment: Replay, chapters: readonly Chapter[]): Promise<Transcript> {
  environment.rewind();
  const transcript: Transcript = [];
  let state: { id: string; inputs: Properties; outputs: Properties } | undefined;
  for (const { now, args, previewOnly = false } of chapters) {
    if (now !== undefined) environment.time = now;
    const checked = await attempt(() => side.check(structuredClone(state?.inputs ?? {}), structuredClone(args)));
    transcript.push({ checked });
    if (!("value" in checked) || checked.value.reasons.length > 0) continue;
    const { inputs } = checked.value;
    if (state !== undefined) {
      const { id, outputs } = state;
      const diff = await attempt(() => side.diff(id, structuredClone(outputs), structuredClone(inputs)));
      transcript.push({ diff });
      if (!("value" in diff) || previewOnly) continue;
      const changes = (diff.value as { changes?: boolean }).changes ?? canonical(state.inputs) !== canonical(inputs);
      if (changes) state = { id, inputs, outputs: await side.update(id, outputs, inputs) };
    } else if (!previewOnly) {
      const created = await side.create(structuredClone(inputs));
      state = { id: created.id, inputs, outputs: created.outputs };
    }
    if (state !== undefined) state.outputs = await side.read(state.id, structuredClone(state.outputs));
    transcript.push({ state: structuredClone(state) });
  }
  return transcript;
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value: T } | { error: string }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

/** A value as another resource's secret output reaches a provider. */
export const secret = (value: unknown): unknown => markSecret(value);
