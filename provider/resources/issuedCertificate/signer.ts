import type { Problem } from "../../core/errors";
import { decodeBundle } from "../../core/secrets/decodedBundle";
import { DecodedCA } from "../../core/secrets/decodedPem";
import type { Tree } from "../../core/secrets/fields";
import type { Authority } from "../../core/x509/authority";
import type { Certificate } from "../../core/x509/certificate";
import type { DecodeContext } from "../../engine/decode";
import { customOf, objectOf, type Row, row, secretText, text } from "../../engine/rows";
import { isKnown, type Unknown } from "../../engine/unknown";
import { type ClusterSecrets, clusterSecrets, keepSecrets } from "../clusterSecrets";

/** The CA that issues a certificate, and whom its holder shall trust. */
export interface Signer {
  readonly authority: Authority;
  /** PEM of the CAs accepted beside the issuing one. */
  readonly accepted: readonly string[];
  /** The input that supplies it. */
  readonly input: "secrets" | "certificateAuthority";
}

/** Which CA of a cluster signs. */
export type SignerName = "os" | "kubernetes";

const PAIR = objectOf(
  "CertificateAuthority",
  {
    certificatePem: text("The CA's certificate, PEM.").asRequired(),
    privateKeyPem: secretText("Its private key, PEM.").asRequired(),
  },
  "A CA that can sign: certificate and private key, PEM.",
);

/** The input `certificateAuthority`: a bare CA in place of `secrets`. */
function certificateAuthority(): Row<Signer> {
  return row(
    customOf(PAIR, readBareAuthority),
    "A bare CA instead of `secrets`: certificate and private key, PEM.",
  ).asSecret();
}

function readBareAuthority(value: unknown, path: string, { pems }: DecodeContext): Signer {
  const { certificatePem, privateKeyPem } = value as { certificatePem: string; privateKeyPem: string };
  const paths = { crt: `${path}.certificatePem`, key: `${path}.privateKeyPem` };
  return {
    authority: pems.ca({ crt: certificatePem, key: privateKeyPem }, paths),
    accepted: pemsBehind(pems.caCertificates(certificatePem, paths.crt)),
    input: "certificateAuthority",
  };
}

/** Inputs of a certificate that a cluster's secrets or a bare CA can sign. */
export const SIGNER_INPUTS = { secrets: clusterSecrets(), certificateAuthority: certificateAuthority() };

/** Those inputs, decoded. */
export interface SignerInputs {
  readonly secrets: ClusterSecrets | Unknown | undefined;
  readonly certificateAuthority?: Signer | Unknown | undefined;
}

/** Exactly one of `secrets` and `certificateAuthority` must be configured. */
export function signerInputProblems({ secrets, certificateAuthority }: SignerInputs): Problem[] {
  if ((secrets === undefined) !== (certificateAuthority === undefined)) return [];
  const both = secrets !== undefined;
  return [
    {
      code: both ? "ERR_INPUT_INVALID" : "ERR_INPUT_MISSING",
      path: "secrets",
      message: both
        ? "is configured beside certificateAuthority; configure one of the two"
        : "is required; configure secrets or certificateAuthority",
    },
  ];
}

/**
 * The signer that the inputs supply; `undefined` where that is unknown or absent.
 *
 * @throws PkiError when the bundle holds no such CA
 */
export function signerOf({ secrets, certificateAuthority }: SignerInputs, name: SignerName): Signer | undefined {
  const supplied = secrets ?? certificateAuthority;
  if (supplied === undefined || !isKnown(supplied)) return undefined;
  if ("authority" in supplied) return supplied;
  const authority = supplied.decoded.authority(name);
  const behind = pemsBehind(supplied.decoded.ca(name).certificates);
  return { authority, accepted: [...new Set([...behind, ...supplied.acceptedCAs[name]])], input: "secrets" };
}

/** What the state keeps of `secrets`: the CA that signs and those accepted beside it. */
export function keepSigner({ authority, accepted, input }: Signer, name: SignerName): { secrets?: Tree } {
  if (input !== "secrets") return {};
  const part = decodeBundle({}).with(name, DecodedCA.of(authority));
  return { secrets: keepSecrets({ acceptedCAs: { os: accepted, kubernetes: accepted } }, part, [name]) };
}

/** Nodes trust every certificate that a CA comes with, behind the one that signs, too. */
const pemsBehind = ([, ...others]: readonly Certificate[]): string[] => others.map(({ pem }) => pem);
