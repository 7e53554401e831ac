import type { Warning } from "../errors";
import type { WarningReason } from "../reasons";
import type { AuthorityName } from "../secrets/types";
import type { Certificate } from "../x509/certificate";
import { type ChainFacts, readChainFacts } from "../x509/chainFacts";
import { isSelfSigned } from "./chain";
import { TRIAL_LEAVES } from "./trialLeaves";

type Cause = (subject: Subject) => string | undefined;

interface Subject {
  readonly name: AuthorityName;
  readonly certificate: Certificate;
  readonly facts: ChainFacts;
  /** Further certificates of the same PEM, which nodes trust as well. */
  readonly parents: readonly Certificate[];
}

/** The warnings by their reason; each says nothing of a CA that it is not for. */
const CAUSES = {
  "ca-limits-names": ({ name, facts: { permittedNames, excludedNames } }) => {
    const certifiesNodes = TRIAL_LEAVES[name].some(({ names }) => names !== undefined);
    if (!certifiesNodes || permittedNames.length + excludedNames.length === 0) return undefined;
    return "has name constraints, so clients reject every node with a name or address that they exclude; check the names and addresses of all nodes, or use a CA without name constraints";
  },

  "ca-rejected-by-old-talos": ({ facts: { policyExtensions } }) =>
    policyExtensions.length === 0
      ? undefined
      : `has a critical extension that Talos up to v1.9 does not know (${policyExtensions.join(", ")}), so nodes reject what the CA issues; use Talos v1.10 or later, or a CA without that extension`,

  // Talos and Kubernetes verify with Go; other clients of their APIs need not.
  "ca-rejected-by-openssl": ({ name, certificate, facts, parents }) => {
    const usages = certificate.extendedKeyUsages ?? [];
    const needed = [...new Set(TRIAL_LEAVES[name].flatMap(({ profile }) => profile.extendedKeyUsages))];
    if (usages.includes("anyExtendedKeyUsage") && needed.some((usage) => !usages.includes(usage))) {
      return `has the extended key usage any, which OpenSSL does not take for ${needed.join(" and ")}; reissue it with these, or without extended key usages`;
    }
    if (facts.constrainsSubjects) {
      return "has name constraints on subjects, by which OpenSSL rejects what Go accepts; reissue it without them";
    }
    // A pod has no other certificate to trust than the CA of the cluster.
    return name === "kubernetes" && parents.length === 0 && !isSelfSigned(certificate)
      ? "is issued by another CA, without which OpenSSL does not trust the API server by default; use a self-signed CA if clients in pods verify with OpenSSL"
      : undefined;
  },

  "trusts-parent-ca": ({ parents }) => {
    if (parents.length === 0) return undefined;
    const subjects = parents.map(({ subject }) => subject || "(no name)").join("; ");
    return `comes with other CA certificates (${subjects}), which nodes trust as well, so every client that those CAs or CAs below them certify gets in; leave them out`;
  },
} as const satisfies Partial<Record<WarningReason, Cause>>;

/**
 * What there is to know of a CA whose certificates verifiers accept.
 *
 * @param companions certificates that come with it in the same PEM
 */
export function authorityWarnings(
  name: AuthorityName,
  certificate: Certificate,
  { path, companions }: { readonly path: string; readonly companions: readonly Certificate[] },
): Warning[] {
  const parents = companions.filter(({ fingerprint }) => fingerprint !== certificate.fingerprint);
  const subject = { name, certificate, facts: readChainFacts(certificate), parents };
  return (Object.entries(CAUSES) as [WarningReason, Cause][]).flatMap(([reason, cause]): Warning[] => {
    const message = cause(subject);
    return message === undefined ? [] : [{ severity: "warning", reason, path, message }];
  });
}
