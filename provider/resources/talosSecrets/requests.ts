import type { Problem } from "../../core/errors";
import type { RotationRequest } from "../../core/lifecycle/rotation";
import type { DecodedCA } from "../../core/secrets/decodedPem";
import { IMMEDIATE, type ImmediateName, STAGED, type StagedName } from "../../core/secrets/inventory";
import { hasFeature, type TalosVersion } from "../../core/talosVersion";
import type { DecodeContext } from "../../engine/decode";
import { isKnown } from "../../engine/unknown";
import type { SecretsInputs } from "./inputs";
import { judgeKey } from "./keyRules";
import { readPair } from "./supplied";

/** A request for a staged rotation, with the CA that it supplies. */
export type StagedRequest = RotationRequest & { readonly ca?: DecodedCA };

/** What the `rotation` input asks for; what is unknown is left out. */
export interface RotationRequests {
  readonly staged: { readonly [Name in StagedName]?: StagedRequest };
  readonly immediate: { readonly [Name in ImmediateName]?: string };
  /** Requests that a preview does not know. */
  readonly unknown: readonly (StagedName | ImmediateName)[];
}

/** Reads the `rotation` input, which has the right form. */
export function readRequests(
  { rotation }: SecretsInputs,
  version: TalosVersion | undefined,
  context: DecodeContext,
  problems: Problem[],
): RotationRequests {
  if (!isKnown(rotation)) return { staged: {}, immediate: {}, unknown: [...STAGED, ...IMMEDIATE] };
  const unknown: (StagedName | ImmediateName)[] = [];
  const staged: { [Name in StagedName]?: StagedRequest } = {};
  for (const name of STAGED) {
    const request = rotation?.[name];
    if (request === undefined) continue;
    const path = `rotation.${name}`;
    if (!isKnown(request)) {
      unknown.push(name);
      continue;
    }
    const { id, stage } = request;
    if (isKnown(id)) problems.push(...emptyIdProblems(id, path, "must be a name of the rotation, such as 2026-11"));
    if (!isKnown(id) || !isKnown(stage)) {
      unknown.push(name);
      continue;
    }
    if (version !== undefined && !hasFeature(version, "acceptedCAs")) {
      problems.push({
        code: "ERR_ROTATION_ILLEGAL",
        path,
        message: `Talos ${version.contract} knows no accepted CAs, so its CAs cannot be rotated in stages; upgrade to v1.7 or later first`,
      });
    }
    const ca = readPair(request, path, context, problems);
    if (ca !== undefined)
      problems.push(...judgeKey(name, ca.privateKey?.algorithm, version, `${path}.privateKeyPem`).problems);
    staged[name] = {
      id,
      stage,
      bringsAuthority: request.certificatePem !== undefined,
      ...(ca === undefined ? {} : { ca }),
    };
  }
  const immediate: { [Name in ImmediateName]?: string } = {};
  for (const name of IMMEDIATE) {
    const request = rotation?.[name];
    if (request === undefined) continue;
    const id = isKnown(request) ? request.id : request;
    if (!isKnown(id)) {
      unknown.push(name);
      continue;
    }
    immediate[name] = id;
    problems.push(...emptyIdProblems(id, `rotation.${name}`, "must be any text"));
  }
  return { staged, immediate, unknown };
}

const emptyIdProblems = (id: string, path: string, expected: string): Problem[] =>
  id.trim() === "" ? [{ code: "ERR_INPUT_MISSING", path: `${path}.id`, message: `is empty; ${expected}` }] : [];
