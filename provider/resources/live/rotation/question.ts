import type { Environment } from "../../../core/environment";
import { PkiError } from "../../../core/errors";
import { ROTATION_PARTIES, type RotationParty } from "../../../core/lifecycle/rotationProofs";
import type { Authority } from "../../../core/x509/authority";
import type { Certificate } from "../../../core/x509/certificate";
import { issueKubernetesClientCertificate, KUBERNETES_ADMIN } from "../../../core/x509/kubernetesClientCertificate";
import type { NodeIdentity } from "../../../engine/nodes";
import type { NodeAccess } from "../nodeAccess";
import { nodeIdentity, PASSING_COMMON_NAME, passingLifetime } from "../passingClient";
import type { StagedName } from "../../../core/secrets/inventory";

/** A CA of a rotation, or a service account key, as far as it is known. */
export interface RotationKey {
  /** Of the certificate; of a service account key that of its public key. */
  readonly fingerprint: string;
  readonly certificate?: Certificate;
  /** The CA with its key, where that is at hand. */
  readonly signer?: Authority;
}

/** What is in play of one authority. */
export interface RotationKeys {
  readonly issuing: RotationKey;
  /** The accepted one while a rotation is under way. */
  readonly other?: RotationKey;
  /** Fingerprints of those that have issued before. */
  readonly retired: readonly string[];
  /** Those of them whose certificates are at hand. */
  readonly retiredCertificates?: readonly Certificate[];
}

/** What is in play of each authority that is asked for. */
export type RotationMaterial = { readonly [Name in StagedName]?: RotationKeys };

/** A client of each party, as far as there is one. */
export type PartyClients = { readonly [Party in RotationParty]?: NodeIdentity };

/** Whom clients speak for that exist for a probe only. The front-proxy client has the name that API servers allow. */
const SUBJECTS = {
  kubernetes: KUBERNETES_ADMIN,
  etcd: { commonName: PASSING_COMMON_NAME, organizations: [] },
  aggregator: { commonName: "front-proxy-client", organizations: [] },
} as const;

export interface QuestionOptions {
  readonly access: NodeAccess;
  readonly environment: Environment;
  readonly material: RotationMaterial;
  /** Clients of the Talos API that exist already, which go before those that are made. */
  readonly clients?: PartyClients;
  /** Whether some client may read what a node has in use. */
  readonly mayRead: boolean;
  /** A node that cannot be read has not completed a stage; otherwise handshakes with its Talos API alone must do. */
  readonly mustRead: boolean;
}

/** With what nodes are asked where they are in rotations. The one place that decides as whom. */
export class RotationQuestion {
  private readonly made = new Map<StagedName, Promise<PartyClients>>();

  constructor(readonly options: QuestionOptions) {}

  get access(): NodeAccess {
    return this.options.access;
  }

  keys(authority: StagedName): RotationKeys | undefined {
    return this.options.material[authority];
  }

  /** Certificates of the issuing CA and of the one accepted beside it, PEM. */
  trusted(authority: StagedName): readonly string[] {
    const { issuing, other } = this.keys(authority) ?? {};
    return [issuing, other].flatMap((key) => (key?.certificate === undefined ? [] : [key.certificate.pem]));
  }

  /** Clients of an authority, made once for the question. A CA that can sign no more, such as an expired one, has none. */
  clients(authority: keyof typeof SUBJECTS | "os"): Promise<PartyClients> {
    const known = this.made.get(authority);
    if (known !== undefined) return known;
    const making = this.make(authority);
    this.made.set(authority, making);
    return making;
  }

  private async make(authority: keyof typeof SUBJECTS | "os"): Promise<PartyClients> {
    const { issuing, other } = this.keys(authority) ?? {};
    const signers: { readonly [Party in RotationParty]?: Authority | undefined } = {
      issuing: issuing?.signer,
      other: other?.signer,
    };
    const clients = await Promise.all(
      ROTATION_PARTIES.map(async (party) => {
        const signer = signers[party];
        if (signer === undefined) return [];
        try {
          return [[party, await this.issue(authority, signer)] as const];
        } catch (error) {
          if (error instanceof PkiError) return [];
          throw error;
        }
      }),
    );
    return { ...Object.fromEntries(clients.flat()), ...(authority === "os" ? this.options.clients : {}) };
  }

  private async issue(authority: keyof typeof SUBJECTS | "os", signer: Authority): Promise<NodeIdentity> {
    if (authority === "os") return this.access.identityOf(signer);
    const { environment } = this.options;
    // The smallest key that every server takes, whatever the CA's own: it lives for a probe.
    const profile = { certificateAuthority: signer, ...SUBJECTS[authority], algorithm: "ecdsa-p256" } as const;
    const client = await issueKubernetesClientCertificate({ ...profile, ...passingLifetime(environment) }, environment);
    return nodeIdentity(client);
  }
}
