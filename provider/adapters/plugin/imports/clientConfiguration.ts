import { formatHours, HOUR } from "../../../core/duration";
import { createTalosconfig, formatTalosconfig, type TalosconfigContext } from "../../../core/config/talosconfig";
import { readCredentials, type TalosconfigCredentials } from "../../../core/config/talosconfigCredentials";
import { parseTalosconfig } from "../../../core/config/talosconfigParser";
import { formatTime } from "../../../core/environment";
import { PkiError } from "../../../core/errors";
import { canonical } from "../../../core/canonical";
import { ownMember } from "../../../core/ownMember";
import { findTalosconfig } from "../../../core/secrets/adopt/choose";
import type { Certificate } from "../../../core/x509/certificate";
import { encodeBase64 } from "../../../core/x509/pem";
import type { PrivateKey } from "../../../core/x509/privateKey";
import { PROFILES } from "../../../core/x509/profiles";
import { normalizeRoles, roleProblems } from "../../../core/x509/roles";
import type { Host } from "../../../engine/ports";
import type { Values } from "../../../engine/values";
import { lifetimeOutputs } from "../../../resources/issuedCertificate";
import type { Imported } from "./imported";
import { parseImportId, readImportFile } from "./importId";

/** What a person should read while an imported ClientConfiguration has nobody who could renew it. */
export const AWAITS_SECRETS =
  "was imported without `secrets`, which no talosconfig holds; give it the cluster's in the program, or it cannot be renewed";

/** Whether the inputs are those of an import and nothing else: then they need no signer yet. */
export function awaitsSecrets(olds: Values, news: Values): boolean {
  const signs = ["secrets", "certificateAuthority"].some((name) => olds[name] !== undefined);
  return olds["issuedAt"] !== undefined && !signs && canonical(olds) === canonical(news);
}

/**
 * Imports a context of a talosconfig: `<file>?context=<name>`, by default the current one. The file may be of another
 * tool; `resource=<address>` chooses one of several talosconfigs in it.
 */
export async function importClientConfiguration(id: string, host: Host): Promise<Imported> {
  const importId = parseImportId(id, { context: undefined, resource: undefined });
  const { resource } = importId.options;
  const text = findTalosconfig(await readImportFile(importId, host), { path: "talosconfig", resource });
  const { context: current, contexts } = parseTalosconfig(text, "talosconfig");
  const name = importId.options["context"] ?? current;
  const context = ownMember(contexts, name);
  if (context === undefined) {
    const names = Object.keys(contexts).join(", ");
    throw new PkiError("ERR_INPUT_MISSING", `there is no context ${JSON.stringify(name)}; must be one of ${names}`, {
      path: "talosconfig.context",
    });
  }
  const path = `talosconfig.contexts.${name}`;
  const client = readClient(readCredentials(context, path), path);
  const inputs = inputsOf(name, context, client);
  return { id: client.certificate.serialNumber, inputs, outputs: outputsOf(name, context, client, inputs, host) };
}

interface Client {
  readonly certificate: Certificate;
  readonly key: PrivateKey;
  readonly issuer: Certificate;
  /** The issuer first. */
  readonly authorities: readonly Certificate[];
}

function readClient({ certificate, key, authorities }: TalosconfigCredentials, path: string): Client {
  if (certificate === undefined || key === undefined) {
    throw new PkiError("ERR_INPUT_MISSING", "holds no client certificate with its key; must be crt and key", { path });
  }
  const issuer = authorities.find((authority) => certificate.isSignedBy(authority));
  if (issuer === undefined) {
    throw new PkiError(
      "ERR_AUTHORITY_UNKNOWN",
      "none of its CAs has issued the client certificate; must be the talosconfig of one cluster",
      { path: `${path}.ca` },
    );
  }
  const problems = roleProblems(certificate.organizations, `${path}.crt`);
  if (problems.length > 0) throw PkiError.of(problems);
  return { certificate, key, issuer, authorities: [issuer, ...authorities.filter((other) => other !== issuer)] };
}

/** The inputs that lead to this certificate; `secrets`, which no talosconfig holds, is for the program to add. */
function inputsOf(name: string, context: TalosconfigContext, { certificate, issuer }: Client): Values {
  const lifetime = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  const hours = lifetime / HOUR;
  const { validityPeriodHours } = PROFILES.talosClient;
  return {
    clusterName: context.cluster ?? name,
    ...(context.cluster === undefined || context.cluster === name ? {} : { contextName: name }),
    endpoints: [...context.endpoints],
    ...(context.nodes === undefined ? {} : { nodes: [...context.nodes] }),
    roles: normalizeRoles(certificate.organizations),
    ...(certificate.commonName === undefined ? {} : { commonName: certificate.commonName }),
    ...(certificate.algorithm === issuer.algorithm ? {} : { algorithm: certificate.algorithm }),
    ...(hours === validityPeriodHours
      ? {}
      : { validityPeriodHours: Number.isInteger(hours) ? hours : formatHours(hours) }),
    issuedAt: formatTime(certificate.notBefore),
  };
}

function outputsOf(name: string, context: TalosconfigContext, client: Client, inputs: Values, host: Host): Values {
  const { certificate, key, issuer, authorities } = client;
  const caCertificatesPem = authorities.map(({ pem }) => pem);
  const { endpoints, nodes = [] } = context;
  const talosconfig = createTalosconfig({
    contextName: name,
    endpoints,
    nodes,
    caCertificatesPem,
    clientCertificatePem: certificate.pem,
    clientKeyPem: key.pem,
  });
  const { commonName, algorithm, validityPeriodHours, issuedAt, roles } = inputs;
  return {
    roles,
    commonName,
    algorithm,
    validityPeriodHours,
    issuedAt,
    clientCertificatePem: certificate.pem,
    clientKeyPem: key.pem,
    caCertificatesPem: caCertificatesPem.join(""),
    serialNumber: certificate.serialNumber,
    fingerprint: certificate.fingerprint,
    issuerFingerprint: issuer.fingerprint,
    ...lifetimeOutputs(certificate, undefined, host.environment.now()),
    talosconfig: formatTalosconfig(talosconfig),
    clientConfiguration: {
      caCertificate: encodeBase64(caCertificatesPem.join("")),
      clientCertificate: encodeBase64(certificate.pem),
      clientKey: encodeBase64(key.pem),
    },
  };
}
