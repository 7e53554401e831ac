import { HOUR } from "../../core/duration";
import { formatTime } from "../../core/environment";
import type { Problem, Warning } from "../../core/errors";
import { CLOCK_TOLERANCE_MS } from "../../core/lifecycle/renewal";
import { isUnderWay } from "../../core/lifecycle/rotation";
import { CA_NAMES, type CAName, isCAName, type StagedName } from "../../core/secrets/inventory";
import {
  LIFE_REASONS,
  type Lifetime,
  lifeStage,
  type LifeStage,
  lifetimeWarnings,
  YEAR,
} from "../../core/secrets/validate";
import type { DecodeContext } from "../../engine/decode";
import { isKnown } from "../../engine/unknown";
import { caInput, type SecretsInputs } from "./inputs";
import type { StoredSecrets } from "./outputs";
import type { StagedPlan } from "./stagedPlan";
import { readStagedStatus } from "./state";

/** Why a CA can issue nothing that is valid: its time is over, or begins later than clocks may differ. */
function unfitFor({ notBefore, notAfter }: Lifetime, now: Date): "over" | "early" | undefined {
  if (notAfter.getTime() <= now.getTime()) return "over";
  return notBefore.getTime() > now.getTime() + CLOCK_TOLERANCE_MS ? "early" : undefined;
}

/** A CA whose time is over, or has not begun, is rejected where it is first supplied. */
export function lifetimeProblems(certificate: Lifetime, now: Date, path: string): Problem[] {
  switch (unfitFor(certificate, now)) {
    case "over":
      return [
        {
          code: "ERR_AUTHORITY_EXPIRED",
          path,
          message: `expired at ${formatTime(certificate.notAfter)}; must be a CA that is still valid`,
        },
      ];
    case "early":
      return [
        {
          code: "ERR_CERTIFICATE_NOT_YET_VALID",
          path,
          message: `is valid only from ${formatTime(certificate.notBefore)}, and the clock shows ${formatTime(now)}; must be a CA that is valid already, or the right time`,
        },
      ];
    case undefined:
      return [];
  }
}

/** A CA that cannot issue does not become the issuing one; the way back stays open. */
export function swapProblems(outputs: StoredSecrets, name: StagedName, now: Date, context: DecodeContext): Problem[] {
  const next = acceptedIn(outputs, name, context);
  const unfit = next && unfitFor(next, now);
  if (next === undefined || unfit === undefined) return [];
  return [
    unfit === "over"
      ? {
          code: "ERR_AUTHORITY_EXPIRED",
          path: `rotation.${name}.stage`,
          message: `the next CA expired at ${formatTime(next.notAfter)} and would issue nothing; end the rotation with stage "abort", then begin another`,
        }
      : {
          code: "ERR_CERTIFICATE_NOT_YET_VALID",
          path: `rotation.${name}.stage`,
          message: `the next CA is valid only from ${formatTime(next.notBefore)}, and the clock shows ${formatTime(now)}; wait until then, or end the rotation with stage "abort"`,
        },
  ];
}

/** Before every CA of the state began, no clock is right: what it makes would be valid nowhere else. */
export function clockProblems(outputs: StoredSecrets, now: Date): Problem[] {
  const begins = CA_NAMES.map((name) => ({ name, notBefore: issuingIn(outputs, name).notBefore }));
  const first = begins.reduce((one, other) => (other.notBefore < one.notBefore ? other : one));
  if (now.getTime() >= first.notBefore.getTime() - CLOCK_TOLERANCE_MS) return [];
  return [
    {
      code: "ERR_CLOCK",
      path: `certificateAuthorities.${first.name}`,
      message: `the clock shows ${formatTime(now)}, before ${formatTime(first.notBefore)}, which has passed already; set the clock`,
    },
  ];
}

/** CAs that are made for less than a year. */
export function shortWarnings(inputs: SecretsInputs, made: readonly CAName[]): Warning[] {
  return made.flatMap((name): Warning[] => {
    const input = caInput(inputs, name);
    const hours = isKnown(input) ? input?.validityPeriodHours : undefined;
    if (hours === undefined || !isKnown(hours) || hours * HOUR >= YEAR) return [];
    const path = `certificateAuthorities.${name}.validityPeriodHours`;
    const message = "is less than a year; plan the rotation of the CA now";
    return [{ severity: "warning", reason: "expires-soon", path, message }];
  });
}

/** What a CA is after an update: the issuing one, the one that will issue no more, the next, or the old one. */
type Role = "issuing" | "leaving" | "next" | "old";

interface Standing {
  readonly role: Role;
  readonly path: string;
  readonly certificate: Lifetime;
}

type ExpiryMessage = (from: string, until: string) => string;

/** The message of each role at each stage of its life, beside those of the issuing CA. */
const EXPIRY_MESSAGES: Readonly<
  Record<Exclude<Role, "issuing">, Readonly<Record<Exclude<LifeStage, "fine">, ExpiryMessage>>>
> = {
  leaving: {
    over: (_, until) => `the CA expired at ${until}; go on with its rotation`,
    early: (from) => `the CA is valid only from ${from}; look at the clock`,
    ending: (_, until) => `the CA expires at ${until}, in less than a year; finish its rotation before`,
  },
  next: {
    over: (_, until) => `the next CA expired at ${until}; end the rotation with stage "abort", then begin another`,
    early: (from) => `the next CA is valid only from ${from}; stage "swap" is rejected before`,
    ending: (_, until) =>
      `the next CA expires at ${until}, in less than a year; bring one that lives longer, or plan its rotation`,
  },
  old: {
    over: (_, until) => `the old CA expired at ${until} and its clients are rejected; set stage "finish"`,
    early: (from) => `the old CA is valid only from ${from}; look at the clock`,
    ending: (_, until) => `the old CA expires at ${until}, in less than a year; set stage "finish" before`,
  },
};

/** Every CA that is near its end, over, or not valid yet when the plan is carried out. */
export function standingWarnings(
  outputs: StoredSecrets,
  plans: Readonly<Record<StagedName, StagedPlan>>,
  now: Date,
  context: DecodeContext,
): Warning[] {
  return CA_NAMES.flatMap((name) => {
    return standingsOf(outputs, name, plans[name], context).flatMap(({ role, path, certificate }): Warning[] => {
      if (role === "issuing") return lifetimeWarnings(certificate, now, path);
      const stage = lifeStage(certificate, now);
      if (stage === "fine") return [];
      const message = EXPIRY_MESSAGES[role][stage](formatTime(certificate.notBefore), formatTime(certificate.notAfter));
      return [{ severity: "warning", reason: LIFE_REASONS[stage], path, message }];
    });
  });
}

const stand = (name: CAName, role: Role, certificate: Lifetime, path?: string): Standing => ({
  role,
  path: path ?? (role === "issuing" || role === "leaving" ? `certificateAuthorities.${name}` : `acceptedCAs.${name}`),
  certificate,
});

/** The role of each CA when a plan is carried out. */
function standingsOf(
  outputs: StoredSecrets,
  name: CAName,
  { action, state, supplied }: StagedPlan,
  context: DecodeContext,
): Standing[] {
  const issuing = issuingIn(outputs, name);
  const other = acceptedIn(outputs, name, context);
  const { position } = state;
  switch (action) {
    case "begin":
      return [stand(name, "leaving", issuing), ...suppliedAs(name, "next", supplied)];
    case "takeOver":
    case "replace":
      return suppliedAs(name, "issuing", supplied);
    case "swap":
      return [...(other === undefined ? [] : [stand(name, "issuing", other)]), stand(name, "old", issuing)];
    case "unswap":
      return [...(other === undefined ? [] : [stand(name, "leaving", other)]), stand(name, "next", issuing)];
    case "finish":
    case "abort":
      return [stand(name, "issuing", issuing)];
    case "none":
      return [
        stand(name, position === "accept" ? "leaving" : "issuing", issuing),
        ...(other === undefined ? [] : [stand(name, position === "accept" ? "next" : "old", other)]),
      ];
  }
}

function suppliedAs(name: CAName, role: Role, supplied: StagedPlan["supplied"]): Standing[] {
  const { certificate } = supplied?.part ?? {};
  return supplied === undefined || certificate === undefined ? [] : [stand(name, role, certificate, supplied.path)];
}

function issuingIn({ certificateAuthorities }: StoredSecrets, name: CAName): Lifetime {
  const { notBefore = "", notAfter = "" } = certificateAuthorities?.[name] ?? {};
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

/** The other CA of a rotation under way. */
function acceptedIn(outputs: StoredSecrets, name: StagedName, { pems }: DecodeContext): Lifetime | undefined {
  // A key has no end.
  if (!isCAName(name) || !isUnderWay(readStagedStatus(outputs, name).position)) return undefined;
  const [pem] = outputs.acceptedCAs?.[name] ?? [];
  return pem === undefined ? undefined : pems.certificate(pem, `acceptedCAs.${name}`);
}
