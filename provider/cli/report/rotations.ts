import type { RotationVerdict } from "../../core/lifecycle/rotationCheck";
import { isTree, valueAt } from "../../core/secrets/fields";
import { STAGED, type StagedName } from "../../core/secrets/inventory";
import type { Stack } from "../stack";

/** One staged rotation, as the state tells it. */
export interface ReportRotation {
  readonly resource: string;
  readonly authority: StagedName;
  /** What the nodes showed; absent where they were not asked. */
  readonly verdict?: RotationVerdict;
  readonly id: string | undefined;
  readonly stage: string;
  readonly issuing: string;
  readonly accepted: readonly string[];
  readonly todo: string;
}

/** What the nodes of one cluster showed of one rotation. */
export interface ReportVerdict {
  readonly resource: string;
  readonly authority: StagedName;
  readonly verdict: RotationVerdict;
}

/** The staged rotations that a stack knows of, with what the nodes showed of them. */
export function rotationsOf(stack: Stack, verdicts: readonly ReportVerdict[] = []): ReportRotation[] {
  return stack.resources
    .filter(({ type }) => type === "TalosSecrets")
    .flatMap(({ name, outputs }) =>
      STAGED.flatMap((authority): ReportRotation[] => {
        const asked = verdicts.find((one) => one.resource === name && one.authority === authority);
        const status = valueAt(outputs, ["rotationStatus", authority]);
        if (!isTree(status)) return [];
        const text = (key: string): string | undefined => (typeof status[key] === "string" ? status[key] : undefined);
        const accepted = Array.isArray(status["accepted"])
          ? status["accepted"].filter((item) => typeof item === "string")
          : [];
        return [
          {
            resource: name,
            authority,
            id: text("id"),
            stage: text("stage") ?? "none",
            issuing: text("issuing") ?? "",
            accepted,
            todo: text("todo") ?? "",
            ...(asked === undefined ? {} : { verdict: asked.verdict }),
          },
        ];
      }),
    );
}
