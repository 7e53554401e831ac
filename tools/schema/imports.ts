/** How each resource is imported; docs/plugin.md has the forms of the ids. */
export const IMPORT_TEXTS: Readonly<Record<string, string>> = {
  TalosSecrets: importText("TalosSecrets", "prod", [
    "secrets.yaml",
    "'secrets.yaml?talosVersion=v1.12'",
    "'controlplane.yaml?from=controlPlaneConfig'",
  ]),
  ClientConfiguration: importText("ClientConfiguration", "admin", ["talosconfig", "'talosconfig?context=prod'"]),
  AcceptedCA: importText("AcceptedCA", "west", ["west.crt"]),
};

function importText(kind: string, name: string, ids: readonly string[]): string {
  const lines = ids.map((id) => `$ pulumi import talos-pki:index:${kind} ${name} ${id}`);
  return `\n\n## Import\n\nThe id is the path of a file.\n\n${["```", "sh", "\n", lines.join("\n"), "\n", "```"].join("")}\n`;
}
