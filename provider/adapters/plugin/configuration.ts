import { parseHours } from "../../core/duration";
import type { Problem } from "../../core/errors";
import { formProblems } from "../../engine/form";
import { hours, text } from "../../engine/rows";
import type { Values } from "../../engine/values";

/** What `new talos.Provider(…)` and `pulumi config set talos-pki:…` take. */
export const CONFIGURATION = {
  validityPeriodHours: hours(
    "Lifetime of client certificates (ClientConfiguration, Kubeconfig) whose resource does not say otherwise: hours, or a Go duration.",
  ),
  earlyRenewalHours: hours(
    "How long before their end client certificates are renewed whose resource does not say otherwise; left aside for one that does not live that long.",
  ),
  auditLog: text(
    "File to which every issuance, adoption and step of a rotation is appended, one JSON object per line. Default: the environment variable TALOS_PKI_AUDIT_LOG.",
  ),
};

/** Resources whose certificates the defaults are for: the short life of a node's own is its point. */
const DEFAULTED: readonly string[] = ["ClientConfiguration", "Kubeconfig"];

/** The provider's configuration, checked. */
export interface Configuration {
  readonly values: Values;
  readonly problems: readonly Problem[];
}

/** No configuration at all. */
export const UNCONFIGURED: Configuration = { values: {}, problems: [] };

/** The engine's own key beside the values. */
const ENGINE_KEYS = ["version", "pluginDownloadURL"];

/**
 * Checks the configuration; numbers arrive as text, from `pulumi config` and from programs alike.
 *
 * @example
 * readConfiguration({ validityPeriodHours: "720", auditLog: "audit.jsonl" });
 */
export function readConfiguration(given: Values): Configuration {
  const values = Object.fromEntries(
    Object.entries(given)
      .filter(([name]) => !ENGINE_KEYS.includes(name) && !name.startsWith("__"))
      .map(([name, value]) => [name, isNumeric(name) && /^\d+$/.test(String(value)) ? Number(value) : value]),
  );
  const problems = formProblems(values, CONFIGURATION);
  return { values, problems: problems.map((problem) => ({ ...problem, path: `provider.${problem.path}` })) };
}

function isNumeric(name: string): boolean {
  return Object.entries(CONFIGURATION).some(([other, { type }]) => other === name && type.kind === "hours");
}

/** The inputs of a resource with the provider's defaults in them. */
export function withDefaults({ values }: Configuration, definition: string, inputs: Values): Values {
  if (!DEFAULTED.includes(definition)) return inputs;
  const { validityPeriodHours, earlyRenewalHours } = values;
  const lifetime = inputs["validityPeriodHours"] ?? validityPeriodHours;
  return {
    ...(validityPeriodHours === undefined ? {} : { validityPeriodHours }),
    ...(earlyRenewalHours === undefined || !isLonger(lifetime, earlyRenewalHours) ? {} : { earlyRenewalHours }),
    ...inputs,
  };
}

/** Whether a lifetime leaves room for the window; one that is not set or not readable is no concern of the window's. */
function isLonger(lifetime: unknown, window: unknown): boolean {
  const read = (value: unknown): number | undefined => {
    try {
      return parseHours(value as number | string, "");
    } catch {
      return undefined;
    }
  };
  const [life, early] = [read(lifetime), read(window)];
  return life === undefined || early === undefined || early < life;
}
