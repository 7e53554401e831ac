import { parseGoUrl } from "../goUrl";
import { isIpAddress } from "../ipAddress";

import { isAscii } from "./der";

const LABELS = String.raw`[!-\-/-~]+(?:\.[!-\-/-~]+)*`;
/** A domain; "" stands for all. */
const DOMAIN = new RegExp(`^(?:|${LABELS})$`);
/** A domain as constraints name it, with a dot before it or none. */
const CONSTRAINT = new RegExp(String.raw`^(?:|\.?${LABELS})$`);
const QUOTED = String.raw`"(?:\\[\x01-\x09\x0b\x0c\x0e-\x7f]|[\x01-\x08\x0b\x0c\x0e-!#-[\]-\x7f])*"`;
const ATOMS = String.raw`(?:\\[\x00-\x7f]|[0-9A-Za-z!#$%&'*+\-/=?^_\`{|}~.])+`;
const MAILBOX = new RegExp(`^(?:${QUOTED}|(${ATOMS}))@(.*)$`, "s");

const latin1 = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1");

/** Whether Go takes octets for the domain of a name constraint. */
export function isGoDomainConstraint(octets: Uint8Array): boolean {
  return CONSTRAINT.test(latin1(octets));
}

/** Whether Go takes octets for the mail address or domain of a name constraint. */
export function isGoMailConstraint(octets: Uint8Array): boolean {
  return octets.includes(0x40) ? isMailbox(latin1(octets)) : isGoDomainConstraint(octets);
}

function isMailbox(text: string): boolean {
  const [, atoms = "", domain] = MAILBOX.exec(text) ?? [];
  const local = atoms.replace(/\\([^])/g, "$1");
  return domain !== undefined && DOMAIN.test(domain) && !/^\.|\.\.|\.$/.test(local);
}

/** Whether Go takes octets for the domain of URLs in a name constraint. */
export function isGoUrlConstraint(octets: Uint8Array): boolean {
  return isGoDomainConstraint(octets) && !isIpAddress(latin1(octets));
}

/** Whether Go takes octets for the URL of an alternative name. */
export function isGoUrl(octets: Uint8Array): boolean {
  const url = isAscii(octets) ? parseGoUrl(latin1(octets)) : undefined;
  return url !== undefined && DOMAIN.test(url.host);
}
