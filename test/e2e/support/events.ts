/** A step that the engine planned or took with one resource. */
export interface Step {
  /** "create", "update", "same", "replace", "create-replacement", "delete-replaced", "delete", "refresh" … */
  readonly op: string;
  readonly urn: string;
  /** e.g. `pulumi-nodejs:dynamic/talos-pki:TalosSecrets` */
  readonly type: string;
  readonly name: string;
  /** Names of the properties that differ. */
  readonly diffs: readonly string[];
  /** Property path to the kind of its difference, e.g. `{"issuedAt": "update-replace"}`. */
  readonly detailedDiff: Readonly<Record<string, string>>;
  readonly failed: boolean;
}

/** A line that the engine, the program or a provider said. */
export interface Diagnostic {
  readonly severity: string;
  readonly message: string;
  readonly urn: string | undefined;
}

/** What an event log tells. */
export interface Events {
  readonly steps: readonly Step[];
  readonly diagnostics: readonly Diagnostic[];
  /** Operation to number of resources, the stack itself counted: `{create: 3, same: 1}`. */
  readonly changes: Readonly<Record<string, number>>;
}

interface Metadata {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly diffs?: readonly string[] | null;
  readonly detailedDiff?: Readonly<Record<string, { readonly diffKind: string }>> | null;
}

interface RawEvent {
  readonly resourcePreEvent?: { readonly metadata: Metadata };
  readonly resOpFailedEvent?: { readonly metadata: Metadata };
  readonly diagnosticEvent?: { readonly severity: string; readonly message: string; readonly urn?: string };
  readonly summaryEvent?: { readonly resourceChanges?: Readonly<Record<string, number>> | null };
}

/** A run that was killed leaves half a line. */
function parseLine(line: string): RawEvent | undefined {
  try {
    return JSON.parse(line) as RawEvent;
  } catch {
    return undefined;
  }
}

const plain = (text: string): string => text.replace(/<\{%[^%]*%\}>/g, "").trimEnd();

/** Reads what Pulumi wrote with `--event-log`: one JSON object per line. */
export function parseEventLog(text: string): Events {
  const events = text.split("\n").flatMap((line) => parseLine(line) ?? []);
  const failed = new Set(events.flatMap(({ resOpFailedEvent }) => resOpFailedEvent?.metadata.urn ?? []));
  const steps = events.flatMap(({ resourcePreEvent }): Step[] => {
    if (resourcePreEvent === undefined) {
      return [];
    }
    const { op, urn, type, diffs, detailedDiff } = resourcePreEvent.metadata;
    return [
      {
        op,
        urn,
        type,
        name: urn.slice(urn.lastIndexOf("::") + 2),
        diffs: diffs ?? [],
        detailedDiff: Object.fromEntries(
          Object.entries(detailedDiff ?? {}).map(([path, { diffKind }]) => [path, diffKind]),
        ),
        failed: failed.has(urn),
      },
    ];
  });
  const diagnostics = events.flatMap(({ diagnosticEvent }): Diagnostic[] =>
    diagnosticEvent === undefined || diagnosticEvent.severity === "debug"
      ? []
      : [{ severity: diagnosticEvent.severity, message: plain(diagnosticEvent.message), urn: diagnosticEvent.urn }],
  );
  const changes = events.flatMap(({ summaryEvent }) => summaryEvent ?? []).at(-1)?.resourceChanges ?? {};
  return { steps, diagnostics, changes };
}
