import { parseCertificates } from "../../../provider/core/x509/certificate";

import type { Folder } from "./files";
import { baseTime } from "./oddCertificates";
import { run } from "./run";
import type { VerifyCase } from "./verifyCases";

/** Whether `openssl verify` accepts a chain. What is trusted need not be self-signed, as in Go. */
export async function opensslVerifies(folder: Folder, given: VerifyCase, name: string): Promise<boolean> {
  const [leaf, ...others] = parseCertificates(given.certificates, "").map(({ pem }) => pem);
  const file = (part: string, text: string): string => folder.write(`${name}-${part}.pem`, text);
  const { code } = await run("openssl", [
    "verify",
    ...["-no-CApath", "-no-CAstore", "-partial_chain"],
    ...["-attime", String((given.now ?? baseTime).getTime() / 1000)],
    ...["-purpose", given.purpose === "server" ? "sslserver" : "sslclient"],
    ...(given.dnsName === undefined ? [] : ["-verify_hostname", given.dnsName]),
    ...(given.ipAddress === undefined ? [] : ["-verify_ip", given.ipAddress]),
    ...["-CAfile", file("trust", given.trust)],
    ...(others.length === 0 ? [] : ["-untrusted", file("others", others.join(""))]),
    file("leaf", leaf!),
  ]);
  return code === 0;
}
