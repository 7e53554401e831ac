import type { Problem } from "../../core/errors";
import type { RotationRequest, RotationStage } from "../../core/lifecycle/rotation";
import { hasFeature, type TalosVersion } from "../../core/talosVersion";
import type { Values } from "../definition";
import { holdsUnknown, UNKNOWN } from "../wire";
import { type GivenAuthority, readPair } from "./authorityInput";
import { keyLimits } from "./keyLimits";
import { IMMEDIATE, type ImmediateName, STAGED, type StagedName } from "./state";

/** What the `rotation` input asks for; what a preview does not know is left out. */
export interface RotationRequests {
  readonly staged: { readonly [Name in StagedName]?: RotationRequest & { readonly authority?: GivenAuthority } };
  readonly immediate: { readonly [Name in ImmediateName]?: string };
  /** Requests that a preview does not know. */
  readonly unknown: readonly string[];
}

/** Reads the `rotation` input, which has the right form. */
export function readRequests(inputs: Values, version: TalosVersion | undefined, problems: Problem[]): RotationRequests {
  if (inputs["rotation"] === UNKNOWN) return { staged: {}, immediate: {}, unknown: [...STAGED, ...IMMEDIATE] };
  const rotation = (inputs["rotation"] ?? {}) as Values;
  const unknown: string[] = [];
  const staged: Record<string, RotationRequest & { authority?: GivenAuthority }> = {};
  for (const name of STAGED) {
    const request = rotation[name] as
      { id: string; stage: RotationStage; certificatePem?: string; privateKeyPem?: string } | undefined;
    if (request === undefined) continue;
    const path = `rotation.${name}`;
    if (typeof request.id === "string" && request.id.trim() === "")
      problems.push({
        code: "ERR_INPUT_MISSING",
        path: `${path}.id`,
        message: "is empty; expected a name of the rotation, such as 2026-11",
      });
    if (holdsUnknown([request, request.id, request.stage].filter((value) => typeof value === "string"))) {
      unknown.push(name);
      continue;
    }
    if (version !== undefined && !hasFeature(version, "acceptedCAs")) {
      problems.push({
        code: "ERR_ROTATION_ILLEGAL",
        path,
        message: `Talos ${version.contract} knows no accepted authorities, so its authorities cannot be rotated in stages; upgrade to v1.7 or later first`,
      });
    }
    const authority = readPair(request, path, problems);
    if (authority !== undefined)
      problems.push(...keyLimits(name, authority.key.algorithm, version, `${path}.privateKeyPem`).problems);
    staged[name] = {
      id: request.id,
      stage: request.stage,
      bringsAuthority: request.certificatePem !== undefined,
      ...(authority === undefined ? {} : { authority }),
    };
  }
  const immediate: Record<string, string> = {};
  for (const name of IMMEDIATE) {
    const request = rotation[name] as string | { id: string } | undefined;
    if (request === undefined) continue;
    const id = typeof request === "string" ? request : request.id;
    if (holdsUnknown(id)) unknown.push(name);
    else immediate[name] = id;
    if (id.trim() === "")
      problems.push({ code: "ERR_INPUT_MISSING", path: `rotation.${name}.id`, message: "is empty; expected any text" });
  }
  return { staged, immediate, unknown };
}
