import type { ExpiryItem } from "../core/lifecycle/expiry";
import { valueAt } from "../core/secrets/fields";
import type { Certificate } from "../core/x509/certificate";
import { type FoundCertificate, findMaterial } from "./material";
import { readSource, type Source } from "./source";
import { isStackExport, parseStack, type Stack, type StackResource } from "./stack";

/** A certificate with the best name that is known for it. */
export interface NamedItem extends ExpiryItem {
  readonly certificate: Certificate;
  /** Accepted while a rotation lasts, and issuing nothing. */
  readonly accepted: boolean;
}

/** Names of outputs that hold a resource's own certificate; nothing of them is left in its name. */
const OWN = /^(?:clientCertificatePem|certificatePem|certPem)$/;

/** Where a certificate is best named after, best first; elsewhere it is only repeated. */
const RANKS: readonly RegExp[] = [/^certificateAuthorities\./, OWN, /^certificates\[/, /^acceptedCAs\b/];

interface Candidate extends NamedItem {
  readonly rank: number;
}

/** Every certificate of files and stacks, each once, under its best name. */
export function itemsOf(inputs: readonly { readonly name: string; readonly text: string }[]): NamedItem[] {
  return distinct(
    inputs.flatMap(({ name, text }) =>
      isStackExport(text) ? stackCandidates(parseStack(text, name)) : sourceCandidates(readSource(name, text)),
    ),
  );
}

/** Every certificate in the plain outputs of a stack, each once. */
export function stackItems(stack: Stack): NamedItem[] {
  return distinct(stackCandidates(stack));
}

function stackCandidates(stack: Stack): Candidate[] {
  return stack.resources.flatMap((resource) =>
    findMaterial(resource.outputs).certificates.map((found) => candidateOf(found, resource)),
  );
}

function candidateOf(found: FoundCertificate, resource: StackResource): Candidate {
  const rank = RANKS.findIndex((pattern) => pattern.test(found.path));
  const own = OWN.test(found.path);
  const renewal = valueAt(resource.outputs, ["renewalTime"]);
  const renewalTime = own && typeof renewal === "string" ? new Date(renewal) : undefined;
  return {
    ...itemOf(found.certificate, nameOf(found.path, resource), ACCEPTED.test(found.path)),
    rank: rank === -1 ? RANKS.length : rank,
    ...(renewalTime === undefined || Number.isNaN(renewalTime.getTime()) ? {} : { renewalTime }),
  };
}

const ACCEPTED = /\bacceptedCAs\b/;

/** What a person calls a certificate of a resource: `prod: os authority`, `ops (ClientConfiguration)`. */
function nameOf(path: string, { name, type }: StackResource): string {
  const authority = /^certificateAuthorities\.(\w+)\./.exec(path)?.[1];
  if (authority !== undefined) return `${name}: ${authority} CA`;
  const accepted = /^acceptedCAs\.(\w+)\[/.exec(path)?.[1];
  if (accepted !== undefined) return `${name}: ${accepted} CA, accepted`;
  return OWN.test(path) ? `${name} (${type})` : `${name} (${type}) ${path}`;
}

function sourceCandidates(source: Source): Candidate[] {
  return source.material.certificates.map(({ path, certificate }) => ({
    ...itemOf(certificate, path === "" ? source.name : `${source.name} ${path}`, ACCEPTED.test(path)),
    rank: 0,
  }));
}

function itemOf(certificate: Certificate, name: string, accepted: boolean): NamedItem {
  const { subject, fingerprint, notBefore, notAfter } = certificate;
  return { name, accepted, subject, fingerprint, notBefore, notAfter, certificate };
}

function distinct(candidates: readonly Candidate[]): NamedItem[] {
  const best = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const other = best.get(candidate.fingerprint);
    if (other === undefined || candidate.rank < other.rank) best.set(candidate.fingerprint, candidate);
  }
  return [...best.values()].map(({ rank: _, ...item }) => item);
}
