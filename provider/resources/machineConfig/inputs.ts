import { PkiError } from "../../core/errors";
import type { ConfigPatch } from "../../core/machinery/patch";
import { SUPPORTED_TALOS_VERSIONS } from "../../core/talosVersion";
import { tryAcceptedAuthority } from "../../core/inspect/tryAuthority";
import type { Certificate } from "../../core/x509/certificate";
import type { DecodeContext } from "../../engine/decode";
import { ANY, BOOLEAN, customOf, flag, listOf, mapOf, row, STRING, text } from "../../engine/rows";
import { isPlainObject } from "../../engine/values";
import { readCertificates } from "../acceptedCA";
import { clusterSecrets } from "../clusterSecrets";
import { MACHINE_TYPE } from "../enumerations";

/** CAs that the machine accepts, from one item of the input. */
export interface AcceptedItem {
  readonly certificates: readonly Certificate[];
  /** Whether an AcceptedCA supplies them, which itself warns when they come near their end. */
  readonly isFromAcceptedCA: boolean;
}

const ACCEPTED = listOf(
  customOf(ANY, decodeAccepted, {
    input: "AcceptedCAInput",
    takes: { resource: "AcceptedCA", output: "certificates", as: "member" },
  }),
);

/** PEM, base64 of PEM, or the outputs of an AcceptedCA. @throws PkiError */
function decodeAccepted(value: unknown, path: string, context: DecodeContext): AcceptedItem {
  if (typeof value === "string") {
    const certificates = readCertificates(value, path, context);
    const problems = certificates.flatMap((certificate) => tryAcceptedAuthority(certificate, path).problems);
    if (problems.length > 0) throw PkiError.of(problems);
    return { certificates, isFromAcceptedCA: false };
  }
  const { certificates, certificatePem } = isPlainObject(value) ? value : {};
  if (Array.isArray(certificates)) {
    const items = certificates.map((item) => decodeAccepted(item, path, context));
    return { certificates: items.flatMap((item) => item.certificates), isFromAcceptedCA: true };
  }
  if (typeof certificatePem === "string")
    return { certificates: context.pems.certificates(certificatePem, path), isFromAcceptedCA: true };
  throw new PkiError("ERR_INPUT_INVALID", "is not a CA; must be PEM text or an AcceptedCA", { path });
}

/** @throws PkiError ERR_PATCH_INVALID for what is neither text nor an object */
function decodePatch(value: unknown, path: string): ConfigPatch {
  if (typeof value === "string" || (typeof value === "object" && value !== null)) return value;
  throw new PkiError("ERR_PATCH_INVALID", "is not a patch; must be YAML text or an object", { path });
}

/** Inputs of MachineConfig. */
export const INPUTS = {
  secrets: clusterSecrets().asRequired(),
  clusterName: text("Name of the cluster.").asRequired(),
  clusterEndpoint: text(
    "URL of the Kubernetes API, `https://host:6443`. Without a port it is accepted as talosctl accepts it, with a warning.",
  ).asRequired(),
  machineType: row(
    MACHINE_TYPE,
    "Role of the machine. The state of a worker's config holds no private key of a CA.",
  ).asRequired(),
  talosVersion: text(
    `Version contract or release (\`v1.13\`, \`v1.13.2\`); supported: ${SUPPORTED_TALOS_VERSIONS.join(", ")}. Default: that of \`secrets\`.`,
  ),
  kubernetesVersion: text("Kubernetes version. Default: that of the Talos release; once written it stays."),
  certSANs: row(listOf(STRING), "Further names in the machine's certificate."),
  additionalSans: row(listOf(STRING), "Further names in the machine's and the API server's certificate."),
  acceptedCAs: row(
    ACCEPTED,
    "Further CAs of the Talos API that the machine trusts: AcceptedCA resources, their outputs, or PEM.",
  ),
  kubernetesAcceptedCAs: row(ACCEPTED, "Further Kubernetes CAs that the machine trusts, likewise."),
  dnsDomain: text("DNS domain of the cluster.").withDocumentedDefault("cluster.local"),
  installDisk: text('Disk to install Talos to; `""` for none.').withDocumentedDefault("/dev/sda"),
  installImage: text("Installer image. Default: that of the Talos release; once written it stays."),
  registryMirrors: row(mapOf(listOf(STRING)), "Registry host to the list of its mirrors' URLs."),
  kubeSpan: row(BOOLEAN, "Whether KubeSpan is on.").withDocumentedDefault(false),
  clusterDiscovery: flag("Whether cluster discovery is on.").withDocumentedDefault(true),
  configPatches: row(
    listOf(customOf(ANY, decodePatch, { input: "ConfigPatchInput" })),
    "Patches in order: YAML text or objects, several documents allowed; merged as talosctl merges.",
  ).asSecret(),
};

/** The lists of CAs among them. */
export const ACCEPTED_INPUTS = ["acceptedCAs", "kubernetesAcceptedCAs"] as const;
