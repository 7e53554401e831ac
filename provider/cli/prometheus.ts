import { EXPIRY_STATES, type ExpiryReport, type ExpiryRow } from "../core/lifecycle/expiry";
import type { LiveNode } from "./liveNodes";
import type { ReportRotation } from "./report/rotations";

/** What the metrics are of. */
export interface Observations {
  readonly report: ExpiryReport;
  /** Fingerprints of the certificates that are CAs. */
  readonly authorities: ReadonlySet<string>;
  readonly rotations: readonly ReportRotation[];
  readonly nodes: readonly LiveNode[];
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric and how to read it from one thing; `undefined` where that thing has none. */
interface Metric<T> {
  readonly name: string;
  readonly help: string;
  readonly value: (subject: T) => number | undefined;
}

const seconds = (time: string): number => new Date(time).getTime() / 1000;

const CERTIFICATES: readonly Metric<ExpiryRow & { readonly isAuthority: boolean }>[] = [
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
  {
    name: "talos_pki_certificate_is_ca",
    help: "1 for a CA, 0 for what a CA issued.",
    value: ({ isAuthority }) => Number(isAuthority),
  },
];

const ROTATIONS: readonly Metric<ReportRotation>[] = [
  {
    name: "talos_pki_rotation_under_way",
    help: "1 while a rotation has begun and is not at finish or abort.",
    value: ({ stage }) => Number(stage === "accept" || stage === "swap"),
  },
];

const NODES: readonly Metric<LiveNode>[] = [
  { name: "talos_pki_node_up", help: "1 if the node answered.", value: ({ reached }) => Number(reached) },
  {
    name: "talos_pki_node_expected_ca",
    help: "1 if a CA that the talosconfig trusts issued the certificate that the node serves.",
    value: ({ serves }) => serves && Number(serves.isExpected),
  },
  {
    name: "talos_pki_node_client_accepted",
    help: "1 if the node lets the client of the talosconfig in; absent where it was not asked.",
    value: ({ accepted }) => (accepted === undefined ? undefined : Number(accepted)),
  },
  {
    name: "talos_pki_node_certificate_not_after_seconds",
    help: "End of validity of the certificate that the node serves, Unix time.",
    value: ({ serves }) => serves && seconds(serves.notAfter),
  },
];

/** Everything in Prometheus's text format 0.0.4, for node_exporter's textfile collector. */
export function prometheus({ report, authorities, rotations, nodes }: Observations): string {
  const certificates = report.rows.map((row) => ({ ...row, isAuthority: authorities.has(row.fingerprint) }));
  const families = [
    ...familiesOf(CERTIFICATES, certificates, ({ name, subject, fingerprint }) => ({ name, subject, fingerprint })),
    ...familiesOf(ROTATIONS, rotations, ({ resource, authority, id = "", stage }) => {
      return { resource, ca: authority, id, stage };
    }),
    ...familiesOf(NODES, nodes, ({ node }) => ({ node })),
    ...family("talos_pki_observed_seconds", "When this was observed, Unix time.", [
      { labels: {}, value: seconds(report.now) },
    ]),
  ];
  return `${families.join("\n")}\n`;
}

function familiesOf<T>(
  metrics: readonly Metric<T>[],
  subjects: readonly T[],
  labelsOf: (subject: T) => Sample["labels"],
): string[] {
  return metrics.flatMap(({ name, help, value }) => {
    const samples = subjects.flatMap((subject): Sample[] => {
      const number = value(subject);
      return number === undefined ? [] : [{ labels: labelsOf(subject), value: number }];
    });
    return family(name, help, samples);
  });
}

function family(name: string, help: string, samples: readonly Sample[]): string[] {
  if (samples.length === 0) return [];
  const lines = samples.map(({ labels, value }) => `${name}${labelText(labels)} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}

function labelText(labels: Sample["labels"]): string {
  const texts = Object.entries(labels).map(
    ([label, text]) => `${label}="${text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"')}"`,
  );
  return texts.length === 0 ? "" : `{${texts.join(",")}}`;
}
