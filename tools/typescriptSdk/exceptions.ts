/** Names that types of TypeScript's SDK have for other reasons than those of their definitions. Nothing ordinary belongs here. */
export const NAMES: Readonly<Record<string, string>> = {
  // `CertificateAuthorityArgs` is how a CA is made.
  CertificateAuthority: "CertificateAuthorityPair",
  // Shape of another package's type.
  MachineSecrets: "MachineSecretsShape",
};

/**
 * Members that TypeScript takes for always there, although they are not. `@pulumiverse/talos` types them so, and what it
 * takes must fit: a bundle whose cluster encrypts with AES-CBC has no `secretboxEncryptionSecret`, whatever the type says.
 */
export const ALWAYS_THERE: Readonly<Record<string, readonly string[]>> = {
  MachineSecretsSecrets: ["secretboxEncryptionSecret"],
};

/** Types that were a `Record<string, unknown>` before they had members; programs keep such an Output in variables of that type. */
export const RECORDS: readonly string[] = ["ClusterSecrets"];
