import type { RedactOptions } from "../../core/config/redact";
import { collectProblems } from "../../core/errors";
import { encodeBase64 } from "../../core/x509/pem";
import { readPlainDocuments } from "../../core/yaml/plain";
import { SECRET_INPUTS, type Values } from "../definition";
import { readSecretsInput } from "../secretsInput";
import { holdsUnknown } from "../wire";

/** What no view of the config may show: the bundle's secrets, and every value that the program marks as secret. */
export function redaction(inputs: Values): RedactOptions {
  const paths = (inputs[SECRET_INPUTS] as readonly string[] | undefined) ?? [];
  const { secrets } = inputs;
  return {
    secrets: [
      ...(secrets === undefined || holdsUnknown(secrets) ? [] : secretValues(secrets)),
      ...paths.map((path) => contentOf(valueAtPath(inputs, path))),
    ],
  };
}

/** Everything in the bundle that is secret in itself; certificates and the cluster's id are not. */
function secretValues(secrets: unknown): string[] {
  const { cluster, secrets: kubernetes, trustdInfo, certs } = readSecretsInput(secrets, "secrets").bundle;
  const keys = Object.values(certs ?? {}).flatMap((pair) =>
    typeof pair.key === "string" ? [pair.key, encodeBase64(pair.key)] : [],
  );
  const texts: unknown[] = [cluster?.secret, ...Object.values(kubernetes ?? {}), trustdInfo?.token, ...keys];
  return texts.filter((text) => typeof text === "string");
}

/** `configPatches`, or `configPatches[1]`. */
function valueAtPath(inputs: Values, path: string): unknown {
  const [name = "", index] = path.split(/[[\]]/);
  const value = inputs[name];
  return index === undefined ? value : (value as unknown[] | undefined)?.[Number(index)];
}

/** Patches may be YAML text: what counts is the values in it. */
function contentOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(contentOf);
  if (typeof value !== "string") return value;
  return [value, collectProblems([], () => readPlainDocuments(value, "configPatches"))];
}
