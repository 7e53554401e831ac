const HIDDEN = "[secret]";
const DAY = 86_400_000;

/** Outputs that are files: what they are called, and what to do with them. */
const FILES = {
  talosconfig: { file: "talosconfig", use: (file) => `talosctl --talosconfig ${file} --nodes <address> version` },
  controlPlaneConfig: {
    file: "controlplane.yaml",
    use: (file) => `talosctl apply-config --insecure --nodes <address> --file ${file}`,
  },
  workerConfig: {
    file: "worker.yaml",
    use: (file) => `talosctl apply-config --insecure --nodes <address> --file ${file}`,
  },
  secretsYaml: { file: "secrets.yaml" },
  kubeconfig: { file: "kubeconfig", use: (file) => `kubectl --kubeconfig ${file} get nodes` },
};

function describeChanges(changes) {
  const { same = 0, ...others } = changes;
  const made = Object.entries(others).filter(([, count]) => count > 0);
  if (made.length === 0) {
    return `Nothing changed: all ${same} resources are as the program says.`;
  }
  return `Done: ${made.map(([operation, count]) => `${operation} ${count}`).join(", ")}${same > 0 ? `, unchanged ${same}` : ""}.`;
}

function show(value, now) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const time = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(time)) {
    const line = text.replaceAll("\n", " ");
    return line.length > 100 ? `${line.slice(0, 97)}...` : line;
  }
  const days = Math.floor((time - now) / DAY);
  return `${text}  (${days < 0 ? `${-days} days ago` : `in ${days} days`})`;
}

function writeLine(name) {
  const { file = name, use } = FILES[name] ?? {};
  const write = `(umask 077; npm run --silent pulumi -- stack output ${name} --show-secrets > ${file})`;
  return use === undefined ? [`  ${write}`] : [`  ${write}`, `      then: ${use(file)}`];
}

/**
 * The text that ends `npm start`: what changed, the plain outputs as a table, the secret ones each with the command
 * that writes it to a file which only its owner can read.
 */
export function summary({ changes, outputs, embedded, now }) {
  const entries = Object.entries(outputs);
  const plain = entries.filter(([, value]) => value !== HIDDEN);
  const secret = entries.filter(([, value]) => value === HIDDEN).map(([name]) => name);
  const width = Math.max(0, ...plain.map(([name]) => name.length));
  const lines = ["", describeChanges(changes), ""];
  plain.forEach(([name, value]) => lines.push(`  ${name.padEnd(width)}  ${show(value, now)}`));
  if (secret.length > 0) {
    lines.push(
      "",
      "Secret outputs are stored encrypted in the state. To write one to a file that only you can read:",
      "",
    );
    secret.forEach((name) => lines.push(...writeLine(name)));
  }
  if (embedded) {
    lines.push(
      "",
      "The state and its passphrase are in .state/ (only you can read it, git ignores it). Back it up: it holds the cluster's keys.",
    );
  }
  lines.push(
    "",
    "Next: change examples/quickstart and run `npm start` again; `npm run pulumi -- preview --diff` shows what would change.",
    "",
  );
  return `${lines.join("\n")}\n`;
}
