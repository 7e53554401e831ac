import type { ExpiryReport, ExpiryRow } from "../core/lifecycle/expiry";
import { EXPIRY_STATES } from "../core/lifecycle/expiry";

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly value: (row: ExpiryRow) => number | undefined;
}

const seconds = (time: string): number => new Date(time).getTime() / 1000;

const METRICS: readonly Metric[] = [
  {
    name: "talos_pki_certificate_not_before_seconds",
    help: "Start of validity, Unix time.",
    value: ({ notBefore }) => seconds(notBefore),
  },
  {
    name: "talos_pki_certificate_not_after_seconds",
    help: "End of validity, Unix time.",
    value: ({ notAfter }) => seconds(notAfter),
  },
  {
    name: "talos_pki_certificate_renewal_seconds",
    help: "From when on an update renews the certificate, Unix time.",
    value: ({ renewalTime }) => (renewalTime === undefined ? undefined : seconds(renewalTime)),
  },
  {
    name: "talos_pki_certificate_state",
    help: `How near the end is: ${EXPIRY_STATES.map((state, index) => `${index} ${state}`).join(", ")}.`,
    value: ({ state }) => EXPIRY_STATES.indexOf(state),
  },
];

/** The report in Prometheus's text format 0.0.4, for node_exporter's textfile collector. */
export function prometheus(report: ExpiryReport): string {
  const blocks = METRICS.map(({ name, help, value }) => {
    const samples = report.rows.flatMap((row) => {
      const number = value(row);
      return number === undefined ? [] : [`${name}{${labels(row)}} ${number}`];
    });
    return samples.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...samples];
  });
  return `${blocks.flat().join("\n")}\n`;
}

function labels({ name, subject, fingerprint }: ExpiryRow): string {
  return Object.entries({ name, subject, fingerprint })
    .map(([label, text]) => `${label}="${text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"')}"`)
    .join(",");
}
