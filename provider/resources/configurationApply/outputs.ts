import { factsOf, type Outputs, row, text } from "../../engine/rows";

export const OUTPUTS = {
  configHash: text("SHA-256 of the applied config's normalised documents, lower-case hex."),
  liveHash: text("The same of the config that the node has, as the last refresh has seen it."),
  redactedConfig: text("The applied config with secrets and free text replaced."),
  appliedMode: text("How the node took it: `no_reboot`, `reboot`, `staged`; `none` where it had it already."),
  talosVersion: text("Release of Talos that the node runs.").asOptional(),
  serverCertificate: row(
    factsOf(
      "NodeServerCertificate",
      {
        fingerprint: text("SHA-256 of the certificate's DER, lower-case hex."),
        issuerFingerprint: text("The same of the CA that has issued it."),
        notAfter: text("End of validity, RFC 3339 UTC."),
      },
      "The certificate that a node serves.",
    ),
    "The certificate that the node served when the config was proved. Absent until the node has been proved once.",
  ).asOptional(),
  pendingRestart: text(
    "A restart that was not seen to happen: `reboot` or `kubelet`. The next update does it.",
  ).asOptional(),
};

export type ApplyOutputs = Outputs<typeof OUTPUTS>;
