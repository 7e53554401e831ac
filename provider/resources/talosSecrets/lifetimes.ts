import { HOUR, type Hours, parseHours } from "../../core/duration";
import { formatTime } from "../../core/environment";
import type { Problem, Warning } from "../../core/errors";
import { CLOCK_TOLERANCE_MS } from "../../core/lifecycle/renewal";
import { isUnderWay } from "../../core/lifecycle/rotation";
import { AUTHORITY_NAMES } from "../../core/secrets/authority";
import type { AuthorityName } from "../../core/secrets/types";
import {
  LIFE_REASONS,
  type Lifetime,
  lifeStage,
  type LifeStage,
  lifetimeWarnings,
  YEAR,
} from "../../core/secrets/validate";
import { parseCertificate } from "../../core/x509/certificate";
import type { Values } from "../definition";
import { holdsUnknown } from "../wire";
import type { StagedPlan } from "./stagedPlan";
import { readStagedStatus, STAGED, type StagedName } from "./state";

/** An authority can issue nothing that holds: its time is over, or begins later than clocks may differ. */
function unfitFor({ notBefore, notAfter }: Lifetime, now: Date): "over" | "early" | undefined {
  if (notAfter.getTime() <= now.getTime()) return "over";
  return notBefore.getTime() > now.getTime() + CLOCK_TOLERANCE_MS ? "early" : undefined;
}

/** An authority whose time is over, or has not begun, is refused where it is first given. */
export function lifetimeProblems(certificate: Lifetime, now: Date, path: string): Problem[] {
  switch (unfitFor(certificate, now)) {
    case "over":
      return [
        {
          code: "ERR_AUTHORITY_EXPIRED",
          path,
          message: `expired at ${formatTime(certificate.notAfter)}; expected an authority that is still valid`,
        },
      ];
    case "early":
      return [
        {
          code: "ERR_CERTIFICATE_NOT_YET_VALID",
          path,
          message: `is valid only from ${formatTime(certificate.notBefore)}, and the clock shows ${formatTime(now)}; expected an authority that is valid already, or the right time`,
        },
      ];
    case undefined:
      return [];
  }
}

/** An authority that cannot issue does not become the issuing one; the way back stays open. */
export function swapProblems(outputs: Values, name: StagedName, now: Date): Problem[] {
  const next = acceptedIn(outputs, name);
  const unfit = next && unfitFor(next, now);
  if (next === undefined || unfit === undefined) return [];
  return [
    unfit === "over"
      ? {
          code: "ERR_AUTHORITY_EXPIRED",
          path: `rotation.${name}.stage`,
          message: `the next authority expired at ${formatTime(next.notAfter)} and would issue nothing; end the rotation with stage "abort", then begin another`,
        }
      : {
          code: "ERR_CERTIFICATE_NOT_YET_VALID",
          path: `rotation.${name}.stage`,
          message: `the next authority is valid only from ${formatTime(next.notBefore)}, and the clock shows ${formatTime(now)}; wait until then, or end the rotation with stage "abort"`,
        },
  ];
}

/** Before every authority of the state began, no clock is right: what it makes would be valid nowhere else. */
export function clockProblems(outputs: Values, now: Date): Problem[] {
  const begins = AUTHORITY_NAMES.map((name) => ({ name, notBefore: issuingIn(outputs, name).notBefore }));
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

/** Authorities that are made for less than a year. */
export function shortWarnings(inputs: Values, made: readonly AuthorityName[]): Problem[] {
  const authorities = inputs["certificateAuthorities"] as
    { readonly [Name in AuthorityName]?: { readonly validityPeriodHours?: Hours } } | undefined;
  return made.flatMap((name): Problem[] => {
    const hours = authorities?.[name]?.validityPeriodHours;
    const path = `certificateAuthorities.${name}.validityPeriodHours`;
    if (hours === undefined || holdsUnknown(hours) || parseHours(hours, path) * HOUR >= YEAR) return [];
    return [
      { code: "ERR_AUTHORITY_EXPIRED", path, message: "is less than a year; plan the rotation of the authority now" },
    ];
  });
}

/** What an authority is after an update: the issuing one, the one that will issue no more, the next, or the old one. */
type Role = "issuing" | "leaving" | "next" | "old";

interface Standing {
  readonly role: Role;
  readonly path: string;
  readonly certificate: Lifetime;
}

type Told = (from: string, until: string) => string;

/** What to say of each role at each turn of its life, beside that of the issuing authority. */
const TOLD: Readonly<Record<Exclude<Role, "issuing">, Readonly<Record<Exclude<LifeStage, "fine">, Told>>>> = {
  leaving: {
    over: (_, until) => `the authority expired at ${until}; go on with its rotation`,
    early: (from) => `the authority is valid only from ${from}; look at the clock`,
    ending: (_, until) => `the authority expires at ${until}, in less than a year; finish its rotation before`,
  },
  next: {
    over: (_, until) =>
      `the next authority expired at ${until}; end the rotation with stage "abort", then begin another`,
    early: (from) => `the next authority is valid only from ${from}; stage "swap" is refused before`,
    ending: (_, until) =>
      `the next authority expires at ${until}, in less than a year; bring one that lives longer, or plan its rotation`,
  },
  old: {
    over: (_, until) => `the old authority expired at ${until} and its clients are refused; set stage "finish"`,
    early: (from) => `the old authority is valid only from ${from}; look at the clock`,
    ending: (_, until) => `the old authority expires at ${until}, in less than a year; set stage "finish" before`,
  },
};

/** Every authority that is near its end, over, or not valid yet when the plan is carried out. */
export function standingWarnings(
  outputs: Values,
  plans: Readonly<Record<StagedName, StagedPlan>>,
  now: Date,
): Warning[] {
  return AUTHORITY_NAMES.flatMap((name) => {
    const staged = STAGED.find((other) => other === name);
    const issuing = issuingIn(outputs, name);
    const standings =
      staged === undefined ? [stand(name, "issuing", issuing)] : standingsOf(outputs, staged, plans[staged]);
    return standings.flatMap(({ role, path, certificate }): Warning[] => {
      if (role === "issuing") return lifetimeWarnings(certificate, now, path);
      const stage = lifeStage(certificate, now);
      if (stage === "fine") return [];
      const message = TOLD[role][stage](formatTime(certificate.notBefore), formatTime(certificate.notAfter));
      return [{ severity: "warning", reason: LIFE_REASONS[stage], path, message }];
    });
  });
}

const stand = (name: AuthorityName, role: Role, certificate: Lifetime, path?: string): Standing => ({
  role,
  path: path ?? (role === "issuing" || role === "leaving" ? `certificateAuthorities.${name}` : `acceptedCAs.${name}`),
  certificate,
});

/** Who stands where when a plan is carried out. */
function standingsOf(outputs: Values, name: StagedName, { action, state, brought }: StagedPlan): Standing[] {
  const issuing = issuingIn(outputs, name);
  const other = acceptedIn(outputs, name);
  const { position } = state;
  switch (action) {
    case "begin":
      return [
        stand(name, "leaving", issuing),
        ...(brought === undefined ? [] : [stand(name, "next", brought.authority.certificate, brought.path)]),
      ];
    case "takeOver":
      return brought === undefined ? [] : [stand(name, "issuing", brought.authority.certificate, brought.path)];
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

function issuingIn(outputs: Values, name: AuthorityName): Lifetime {
  const authorities = outputs["certificateAuthorities"] as Record<string, { notBefore: string; notAfter: string }>;
  const { notBefore, notAfter } = authorities[name]!;
  return { notBefore: new Date(notBefore), notAfter: new Date(notAfter) };
}

/** The other authority of a rotation under way. */
function acceptedIn(outputs: Values, name: StagedName): Lifetime | undefined {
  if (!isUnderWay(readStagedStatus(outputs, name).position)) return undefined;
  const [pem] = (outputs["acceptedCAs"] as Record<StagedName, readonly string[]>)[name];
  return pem === undefined ? undefined : parseCertificate(pem, `acceptedCAs.${name}`);
}
