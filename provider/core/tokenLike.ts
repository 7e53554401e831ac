/** How tokens of well-known services begin. */
const TOKEN =
  /(?:^|[^A-Za-z0-9])(?:gh[oprsu]_|github_pat_|glpat-|gldt-|xox[a-z]-|xapp-|[prs]k_(?:live|test)_|hv[bs]\.|A[KS]IA[0-9A-Z]|pypi-|dop_v1_|tskey-|ya29\.)/;

/** Whether a text is or holds what may be the token of some service; names of people's things are told from those. */
export function looksLikeToken(text: string): boolean {
  return TOKEN.test(text) || looksRandom(text);
}

/** A name out of a file, for a message: `(hidden)` where a token was put in its place. */
export function printableName(name: string): string {
  return looksLikeToken(name) ? "(hidden)" : name;
}

const UNIT = /[A-Z]?[a-z]{2,}|[A-Z]+|[a-z]|\d+/g;

/**
 * Whether a text holds a run of characters that nobody would choose as a name: a token, a digest, a serial number. What
 * chance makes changes between letters of both cases and digits after every second or third character.
 */
function looksRandom(text: string): boolean {
  for (const [segment] of text.replace(/IPv[46]/g, "IP").matchAll(/[A-Za-z0-9+/=_-]{10,}/g)) {
    if (/[a-z]{20}|[A-Z]{20}|\d{10}/.test(segment)) return true;
    for (const [run] of segment.matchAll(/[A-Za-z0-9]{10,}/g)) {
      const hasDigits = /\d/.test(run);
      if (hasDigits && run.length >= 16 && /[A-Za-z]/.test(run)) return true;
      if (meanUnit(run) < (run.length < 16 ? 2.3 : 3.5)) return true;
    }
    const isMixed = /[a-z]/.test(segment) && /[A-Z]/.test(segment) && /\d/.test(segment);
    if (isMixed && segment.length >= 16 && meanUnit(segment) < 3) return true;
  }
  return false;
}

/** How long the words and numbers of a text are. */
function meanUnit(text: string): number {
  const units = text.match(UNIT) ?? [];
  return units.join("").length / units.length;
}
