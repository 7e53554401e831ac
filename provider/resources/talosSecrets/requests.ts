import type { Problem } from "../../core/errors";
import type { RotationRequest, RotationStage } from "../../core/lifecycle/rotation";
import type { DecodedCA } from "../../core/secrets/decodedPem";
import { IMMEDIATE, type ImmediateName, INVENTORY, STAGED, type StagedName } from "../../core/secrets/inventory";
import { hasFeature, type TalosVersion } from "../../core/talosVersion";
import type { DecodeContext } from "../../engine/decode";
import { isKnown } from "../../engine/unknown";
import type { SecretsInputs } from "./inputs";
import { judgeKey } from "./keyRules";
import { readPair } from "./supplied";

/** A request for a staged rotation, with the CA that it supplies; what `auto` asks for depends on the state. */
export interface StagedRequest extends Omit<RotationRequest, "stage"> {
  readonly stage: RotationStage | "auto";
  readonly ca?: DecodedCA;
}

/** What the `rotation` input asks for; what is unknown is left out. */
export interface RotationRequests {
  readonly staged: { readonly [Name in StagedName]?: StagedRequest };
  readonly immediate: { readonly [Name in ImmediateName]?: string };
  /** Requests that a preview does not know. */
  readonly unknown: readonly (StagedName | ImmediateName)[];
}

/** Reads the `rotation` input, which has the right form. */
export function readRequests(
  { rotation, nodes }: SecretsInputs,
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
    if (stage === "auto") problems.push(...automaticProblems(name, nodes));
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

/** Who is to be asked whether the next stage may begin. */
function automaticProblems(name: StagedName, nodes: SecretsInputs["nodes"]): Problem[] {
  if (name !== "os") {
    const message = `"auto" asks the nodes, and what they show of the ${INVENTORY[name].title} CA is not judged yet; set accept, swap and finish one after the other`;
    return [{ code: "ERR_ROTATION_ILLEGAL", path: `rotation.${name}.stage`, message }];
  }
  if (!isKnown(nodes) || (nodes !== undefined && nodes.length > 0)) return [];
  const message = `is required where rotation.${name}.stage is "auto"; list every node of the cluster`;
  return [{ code: "ERR_INPUT_MISSING", path: "nodes", message }];
}

const emptyIdProblems = (id: string, path: string, expected: string): Problem[] =>
  id.trim() === "" ? [{ code: "ERR_INPUT_MISSING", path: `${path}.id`, message: `is empty; ${expected}` }] : [];
