import { isTree, valueAt } from "../../core/secrets/fields";
import type { Stack } from "../stack";

/** One staged rotation, as the state tells it. */
export interface ReportRotation {
  readonly resource: string;
  readonly authority: "os" | "kubernetes";
  readonly id: string | undefined;
  readonly stage: string;
  readonly issuing: string;
  readonly accepted: readonly string[];
  readonly todo: string;
}

/** The staged rotations that a stack knows of. */
export function rotationsOf(stack: Stack): ReportRotation[] {
  return stack.resources
    .filter(({ type }) => type === "TalosSecrets")
    .flatMap(({ name, outputs }) =>
      (["os", "kubernetes"] as const).flatMap((authority): ReportRotation[] => {
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
          },
        ];
      }),
    );
}
