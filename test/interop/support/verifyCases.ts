import { webcrypto } from "node:crypto";

import { AsnConvert } from "@peculiar/asn1-schema";
import { Name } from "@peculiar/asn1-x509";

import { createEnvironment } from "../../../provider/core/environment";
import type { ErrorCode } from "../../../provider/core/errorCodes";
import type { ChainPurpose } from "../../../provider/core/inspect/purposes";
import { generateAuthority } from "../../../provider/core/secrets/authority";
import type { AuthorityName } from "../../../provider/core/secrets/types";
import { parseTalosVersion } from "../../../provider/core/talosVersion";
import { type KeyAlgorithm, KEY_ALGORITHMS } from "../../../provider/core/x509/algorithms";
import type { Authority } from "../../../provider/core/x509/authority";
import { issueClientCertificate } from "../../../provider/core/x509/clientCertificate";
import { issueKubernetesClientCertificate } from "../../../provider/core/x509/kubernetesClientCertificate";
import * as x509 from "../../../provider/core/x509/library";
import { issueServerCertificate } from "../../../provider/core/x509/serverCertificate";

import { baseTime, hoursLater, nameConstraints, odd, type OddOptions, tampered, usageOids } from "./oddCertificates";

/** One chain and what to say to it. */
export interface VerifyCase {
  readonly name: string;
  /** PEM, the leaf first. */
  readonly certificates: string;
  readonly trust: string;
  readonly purpose: ChainPurpose;
  /** Default: the base time. */
  readonly now?: Date;
  readonly dnsName?: string;
  readonly ipAddress?: string;
  /** Our verdict: codes in order; none: it holds. */
  readonly expected: readonly ErrorCode[];
  /** Where openssl sees it otherwise: why. */
  readonly opensslDiffers?: string;
}

const environment = createEnvironment(webcrypto, () => baseTime);
const version = parseTalosVersion("v1.13");
const flags = x509.KeyUsageFlags;
const { client, server, codeSigning, any, unknown } = usageOids;

const authority = (name: AuthorityName, algorithm?: KeyAlgorithm, hours = 87_600): Promise<Authority> =>
  generateAuthority(
    name,
    version,
    { ...(algorithm === undefined ? {} : { algorithm }), validityPeriodHours: hours },
    environment,
  );

/** Certificates as the core makes them. */
async function coreCases(): Promise<VerifyCase[]> {
  const os = await authority("os");
  const other = await authority("os");
  const kubernetes = await authority("kubernetes");
  const etcd = await authority("etcd");
  const aggregator = await authority("aggregator");
  const trust = os.certificate.pem;
  const issueClient = async (certificateAuthority: Authority, options: object = {}): Promise<string> =>
    (await issueClientCertificate({ certificateAuthority, ...options }, environment)).certificate.pem;
  const issueServer = async (names: object): Promise<string> =>
    (await issueServerCertificate({ certificateAuthority: os, ...names }, environment)).certificate.pem;
  const admin = await issueClient(os);
  const short = await issueClient(os, { validityPeriodHours: 24 });
  const short48 = await authority("os", undefined, 48);
  const node = await issueServer({
    dnsNames: ["cp-1.example.org", "*.nodes.example.org"],
    ipAddresses: ["10.0.0.2", "2001:db8::2"],
  });
  const onlyAddress = await issueServer({ ipAddresses: ["10.0.0.3"] });
  const kubectl = (await issueKubernetesClientCertificate({ certificateAuthority: kubernetes }, environment))
    .certificate.pem;
  const asClient = { trust, purpose: "client" } as const;
  const asNode = { certificates: node, trust, purpose: "server" } as const;
  const ofAlgorithms = await Promise.all(
    KEY_ALGORITHMS.map(async (algorithm): Promise<VerifyCase> => {
      const own = await authority("os", algorithm);
      const certificates = await issueClient(own, { roles: ["os:reader", "os:etcd:backup"] });
      return {
        name: `client of an ${algorithm} CA`,
        certificates,
        trust: own.certificate.pem,
        purpose: "client",
        expected: [],
      };
    }),
  );
  return [
    ...ofAlgorithms,
    { name: "admin", ...asClient, certificates: admin, expected: [] },
    {
      name: "admin of a cluster that trusts old and new",
      certificates: admin,
      trust: other.certificate.pem + trust,
      purpose: "client",
      expected: [],
    },
    {
      name: "admin at a node that trusts only the new CA",
      certificates: admin,
      trust: other.certificate.pem,
      purpose: "client",
      expected: ["ERR_AUTHORITY_UNKNOWN"],
    },
    {
      name: "admin with P-384 key",
      ...asClient,
      certificates: await issueClient(os, { algorithm: "ecdsa-p384" }),
      expected: [],
    },
    {
      name: "admin without a common name",
      ...asClient,
      certificates: await issueClient(os, { commonName: "" }),
      expected: [],
    },
    {
      name: "admin cut to the CA's end",
      certificates: await issueClient(short48),
      trust: short48.certificate.pem,
      purpose: "client",
      expected: [],
    },
    { name: "client in its first second", ...asClient, certificates: short, expected: [] },
    {
      name: "client a second early",
      ...asClient,
      certificates: short,
      now: new Date(baseTime.getTime() - 1000),
      expected: ["ERR_CERTIFICATE_NOT_YET_VALID", "ERR_CERTIFICATE_NOT_YET_VALID"],
    },
    {
      name: "client a second before its end",
      ...asClient,
      certificates: short,
      now: new Date(hoursLater(24).getTime() - 1000),
      expected: [],
    },
    {
      name: "client in its last second",
      ...asClient,
      certificates: short,
      now: hoursLater(24),
      expected: [],
      opensslDiffers: "to openssl the last second is over",
    },
    {
      name: "client a second late",
      ...asClient,
      certificates: short,
      now: new Date(hoursLater(24).getTime() + 1000),
      expected: ["ERR_CERTIFICATE_EXPIRED"],
    },
    {
      name: "client and CA long expired",
      certificates: await issueClient(short48),
      trust: short48.certificate.pem,
      purpose: "client",
      now: hoursLater(500),
      expected: ["ERR_CERTIFICATE_EXPIRED", "ERR_AUTHORITY_EXPIRED"],
    },
    {
      name: "client of the Kubernetes CA",
      ...asClient,
      certificates: await issueClient(kubernetes),
      expected: ["ERR_AUTHORITY_UNKNOWN"],
    },
    {
      name: "client of the etcd CA",
      ...asClient,
      certificates: await issueClient(etcd),
      expected: ["ERR_AUTHORITY_UNKNOWN"],
    },
    {
      name: "client of the aggregator CA",
      certificates: await issueClient(aggregator),
      trust: aggregator.certificate.pem,
      purpose: "client",
      expected: [],
    },
    {
      name: "kubectl",
      certificates: kubectl,
      trust: kubernetes.certificate.pem,
      purpose: "kubernetesClient",
      expected: [],
    },
    { name: "kubectl at Talos's API", ...asClient, certificates: kubectl, expected: ["ERR_AUTHORITY_UNKNOWN"] },
    { name: "node by DNS name", ...asNode, dnsName: "cp-1.example.org", expected: [] },
    { name: "node by DNS name in capitals", ...asNode, dnsName: "CP-1.Example.ORG", expected: [] },
    { name: "node by wildcard", ...asNode, dnsName: "w7.nodes.example.org", expected: [] },
    {
      name: "node by wildcard over two labels",
      ...asNode,
      dnsName: "a.w7.nodes.example.org",
      expected: ["ERR_NAME_MISMATCH"],
    },
    {
      name: "node by the wildcard's own domain",
      ...asNode,
      dnsName: "nodes.example.org",
      expected: ["ERR_NAME_MISMATCH"],
    },
    { name: "node by IPv4", ...asNode, ipAddress: "10.0.0.2", expected: [] },
    { name: "node by IPv6, spelt out", ...asNode, ipAddress: "2001:0db8:0:0::0002", expected: [] },
    {
      name: "node by IPv4 in IPv6 clothes",
      ...asNode,
      ipAddress: "::ffff:10.0.0.2",
      expected: [],
      opensslDiffers: "openssl takes it for another address",
    },
    { name: "node by another address", ...asNode, ipAddress: "10.0.0.9", expected: ["ERR_NAME_MISMATCH"] },
    {
      name: "node by its common name only",
      certificates: onlyAddress,
      trust,
      purpose: "server",
      dnsName: "talos-node",
      expected: ["ERR_NAME_MISMATCH"],
      opensslDiffers: "openssl falls back to the common name",
    },
    { name: "node as a client", ...asClient, certificates: node, expected: ["ERR_USAGE_MISSING"] },
    { name: "admin as a server", certificates: admin, trust, purpose: "server", expected: ["ERR_USAGE_MISSING"] },
    {
      name: "admin with a spoilt signature",
      ...asClient,
      certificates: tampered(admin, 5),
      expected: ["ERR_AUTHORITY_UNKNOWN"],
    },
    {
      name: "admin with spoilt content",
      ...asClient,
      certificates: tampered(admin, 90),
      expected: ["ERR_AUTHORITY_UNKNOWN"],
    },
    { name: "the CA as a client of itself", ...asClient, certificates: trust, expected: [] },
  ];
}

/** Certificates that nobody should make. */
async function oddCases(): Promise<VerifyCase[]> {
  const ca = await odd({ subject: "O=talos", ca: true, usages: [server, client], until: 87_600 });
  const trust = ca.pem;
  const leaf = async (options: OddOptions = {}): Promise<string> => (await odd({ issuer: ca, ...options })).pem;
  const asClient = { trust, purpose: "client" } as const;
  const plain = { trust, purpose: "kubernetesClient" } as const;
  const extension = (critical: boolean): x509.Extension =>
    new x509.Extension("1.2.3.4.5.6", critical, new Uint8Array([5, 0]));
  const self = (await odd()).pem;
  return [
    {
      name: "client and server usage at apid",
      ...asClient,
      certificates: await leaf({ usages: [client, server] }),
      expected: ["ERR_USAGE_MISSING"],
      opensslDiffers: "the rule is apid's own",
    },
    {
      name: "client and server usage elsewhere",
      ...plain,
      certificates: await leaf({ usages: [client, server] }),
      expected: [],
    },
    {
      name: "no usage at apid",
      ...asClient,
      certificates: await leaf({ usages: [] }),
      expected: ["ERR_USAGE_MISSING"],
      opensslDiffers: "the rule is apid's own",
    },
    { name: "no usage elsewhere", ...plain, certificates: await leaf({ usages: [] }), expected: [] },
    {
      name: "any usage",
      ...plain,
      certificates: await leaf({ usages: [any] }),
      expected: [],
      opensslDiffers: "openssl does not know any usage here",
    },
    {
      name: "code signing only",
      ...plain,
      certificates: await leaf({ usages: [codeSigning] }),
      expected: ["ERR_USAGE_MISSING"],
    },
    {
      name: "an unknown usage only",
      ...plain,
      certificates: await leaf({ usages: [unknown] }),
      expected: ["ERR_USAGE_MISSING"],
    },
    {
      name: "an unknown usage beside client's at apid",
      ...asClient,
      certificates: await leaf({ usages: [client, unknown] }),
      expected: [],
    },
    { name: "self-signed stranger", ...asClient, certificates: self, expected: ["ERR_AUTHORITY_UNKNOWN"] },
    { name: "self-signed and trusted itself", certificates: self, trust: self, purpose: "client", expected: [] },
    {
      name: "trusted itself, not its CA",
      certificates: await leaf(),
      trust: self,
      purpose: "client",
      expected: ["ERR_AUTHORITY_UNKNOWN"],
    },
    { name: "no key usage", ...asClient, certificates: await leaf({ keyUsage: null }), expected: [] },
    {
      name: "key usage without digitalSignature",
      ...asClient,
      certificates: await leaf({ keyUsage: flags.keyEncipherment }),
      expected: [],
      opensslDiffers: "Go does not look at the key usage of a leaf",
    },
    {
      name: "an unknown extension",
      ...asClient,
      certificates: await leaf({ extensions: [extension(false)] }),
      expected: [],
    },
    {
      name: "an unknown critical extension",
      ...asClient,
      certificates: await leaf({ extensions: [extension(true)] }),
      expected: ["ERR_CHAIN_INVALID"],
    },
    {
      name: "authority's key identifier of another",
      ...asClient,
      certificates: await leaf({ authorityKeyIdentifier: "00".repeat(20) }),
      expected: [],
      opensslDiffers: "Go takes the key identifier for a hint",
    },
    {
      name: "no authority key identifier",
      ...asClient,
      certificates: await leaf({ authorityKeyIdentifier: null }),
      expected: [],
    },
    {
      name: "a CA of the same name with another key",
      ...asClient,
      certificates: (await odd({ issuer: await odd({ subject: "O=talos", ca: true }), authorityKeyIdentifier: null }))
        .pem,
      expected: ["ERR_AUTHORITY_UNKNOWN"],
    },
    {
      name: "a lie about the issuer",
      ...asClient,
      certificates: await leaf({ issuerName: "O=elsewhere" }),
      expected: ["ERR_AUTHORITY_UNKNOWN"],
    },
    {
      name: "an end in the year 9999",
      ...asClient,
      certificates: await leaf({ until: 24 * 365 * 7900 }),
      expected: [],
    },
    { name: "an end in 2050", ...asClient, certificates: await leaf({ until: 24 * 365 * 25 }), expected: [] },
    {
      name: "a lifetime that ends before it begins",
      ...asClient,
      certificates: await leaf({ from: 2, until: 1 }),
      expected: ["ERR_CERTIFICATE_NOT_YET_VALID"],
    },
    {
      name: "not valid yet",
      ...asClient,
      certificates: await leaf({ from: 2 }),
      expected: ["ERR_CERTIFICATE_NOT_YET_VALID"],
    },
    ...(await signatureCases()),
    ...(await authorityCases()),
    ...(await constraintCases()),
  ];
}

async function signatureCases(): Promise<VerifyCase[]> {
  const of = async (
    name: string,
    ca: OddOptions,
    leafOptions: OddOptions,
    expected: readonly ErrorCode[],
    opensslDiffers?: string,
  ): Promise<VerifyCase> => {
    const issuer = await odd({ subject: "O=talos", ca: true, ...ca });
    const { pem } = await odd({ issuer, ...leafOptions });
    return {
      name,
      certificates: pem,
      trust: issuer.pem,
      purpose: "client",
      expected,
      ...(opensslDiffers === undefined ? {} : { opensslDiffers }),
    };
  };
  return Promise.all([
    of("signed with P-521", { key: "p521" }, { hash: "SHA-512" }, []),
    of("signed with P-256 and SHA-512", { key: "p256" }, { hash: "SHA-512" }, []),
    of("signed with RSA-PSS", { key: "pss" }, {}, []),
    of("signed with RSA of 2048 bits and SHA-256", { key: "rsa2048" }, {}, []),
    of(
      "signed with SHA-1 by an EC key",
      { key: "p256" },
      { hash: "SHA-1" },
      ["ERR_CHAIN_INVALID"],
      "openssl verify takes SHA-1 at its default security level",
    ),
    of("signed with RSA of 1024 bits", { key: "rsa1024" }, {}, []),
    of(
      "signed with RSA of 512 bits",
      { key: "rsa512" },
      {},
      ["ERR_CHAIN_INVALID"],
      "openssl verify takes any size at its default security level",
    ),
    of("with an RSA key of 512 bits of its own", { key: "p256" }, { key: "rsa512" }, []),
    of("a CA without key usage", { keyUsage: null }, {}, []),
    of("a CA that may not sign certificates", { keyUsage: flags.digitalSignature }, {}, ["ERR_NOT_A_CA"]),
    of(
      "a CA that is none",
      { basicConstraints: true, ca: false, keyUsage: flags.keyEncipherment },
      { authorityKeyIdentifier: null },
      ["ERR_NOT_A_CA"],
    ),
    of("a CA with an empty name", { subject: "" }, {}, []),
    of("a CA for servers only", { usages: [server] }, {}, ["ERR_USAGE_MISSING"]),
    of("a CA for any usage", { usages: [any] }, {}, [], "openssl does not know any usage here"),
    of("an expired CA", { from: -20, until: -1 }, {}, ["ERR_AUTHORITY_EXPIRED"]),
    of("a CA of tomorrow", { from: 24 }, {}, ["ERR_CERTIFICATE_NOT_YET_VALID"]),
    of(
      "a CA with an unknown critical extension",
      { extensions: [new x509.Extension("1.2.3.4", true, new Uint8Array([5, 0]))] },
      {},
      ["ERR_CHAIN_INVALID"],
    ),
  ]);
}

/** Longer chains. */
async function authorityCases(): Promise<VerifyCase[]> {
  const root = await odd({ subject: "O=root", ca: true, until: 87_600 });
  const tight = await odd({ subject: "O=tight", ca: true, pathLength: 0 });
  const between = (options: OddOptions = {}): ReturnType<typeof odd> =>
    odd({ subject: "O=middle", ca: true, issuer: root, ...options });
  const middle = await between();
  const lower = await odd({ subject: "O=lower", ca: true, issuer: middle });
  const twin = await odd({ subject: "O=middle", ca: true, issuer: root });
  const expired = await between({ from: -20, until: -1, keys: middle.keys });
  const through = async (issuer: Awaited<ReturnType<typeof odd>>, options: OddOptions = {}): Promise<string> =>
    (await odd({ issuer, ...options })).pem + issuer.pem;
  const asClient = { trust: root.pem, purpose: "client" } as const;
  const own = (await odd({ issuer: middle })).pem;
  const none = await between({
    ca: false,
    basicConstraints: true,
    keyUsage: flags.keyEncipherment,
    usages: [client],
  });
  return [
    { name: "through a CA between", ...asClient, certificates: await through(middle), expected: [] },
    {
      name: "through two CAs between",
      ...asClient,
      certificates: (await through(lower)) + middle.pem,
      expected: [],
    },
    {
      name: "through two, given in the wrong order",
      ...asClient,
      certificates: (await odd({ issuer: lower })).pem + middle.pem + lower.pem,
      expected: [],
    },
    { name: "the CA between is missing", ...asClient, certificates: own, expected: ["ERR_AUTHORITY_UNKNOWN"] },
    {
      name: "the CA between is trusted alone",
      certificates: own,
      trust: middle.pem,
      purpose: "client",
      expected: [],
    },
    {
      name: "through the twin of its CA",
      ...asClient,
      certificates: (await odd({ issuer: middle, authorityKeyIdentifier: null })).pem + twin.pem,
      expected: ["ERR_AUTHORITY_UNKNOWN"],
    },
    {
      name: "through one that is not a CA",
      ...asClient,
      certificates: await through(none, { authorityKeyIdentifier: null }),
      expected: ["ERR_NOT_A_CA"],
    },
    {
      name: "through one that may not sign",
      ...asClient,
      certificates: await through(await between({ keyUsage: flags.digitalSignature })),
      expected: ["ERR_NOT_A_CA"],
    },
    {
      name: "through one for servers only",
      ...asClient,
      certificates: await through(await between({ usages: [server] })),
      expected: ["ERR_USAGE_MISSING"],
    },
    {
      name: "through one for clients only",
      ...asClient,
      certificates: await through(await between({ usages: [client] })),
      expected: [],
    },
    {
      name: "through an expired one",
      ...asClient,
      certificates: (await odd({ issuer: expired })).pem + expired.pem,
      expected: ["ERR_AUTHORITY_EXPIRED"],
    },
    {
      name: "through an expired one and its renewed self",
      ...asClient,
      certificates: own + expired.pem + middle.pem,
      expected: [],
    },
    {
      name: "directly below a CA that allows none below",
      certificates: (await odd({ issuer: tight })).pem,
      trust: tight.pem,
      purpose: "client",
      expected: [],
    },
    {
      name: "below a CA that its own does not allow",
      certificates: await through(await between({ issuer: tight })),
      trust: tight.pem,
      purpose: "client",
      expected: ["ERR_CHAIN_INVALID"],
    },
    {
      name: "a CA as a client, trusted through its own",
      ...asClient,
      certificates: middle.pem,
      expected: [],
      opensslDiffers: "Go does not look at the key usage of a leaf",
    },
  ];
}

/** CAs that may vouch for some names only. */
async function constraintCases(): Promise<VerifyCase[]> {
  const of = async (
    name: string,
    extension: x509.Extension,
    names: OddOptions,
    expected: readonly ErrorCode[],
    opensslDiffers?: string,
  ): Promise<VerifyCase> => {
    const issuer = await odd({ subject: "O=talos", ca: true, extensions: [extension] });
    const { pem } = await odd({ issuer, subject: "O=node", usages: [server], ...names });
    return {
      name,
      certificates: pem,
      trust: issuer.pem,
      purpose: "server",
      expected,
      ...(opensslDiffers === undefined ? {} : { opensslDiffers }),
    };
  };
  const elsewhere = AsnConvert.parse(new x509.Name("O=elsewhere").toArrayBuffer(), Name);
  const inside = nameConstraints([{ dNSName: "example.org" }]);
  const network = nameConstraints([{ iPAddress: "10.0.0.0/8" }]);
  return Promise.all([
    of("a name in the permitted domain", inside, { dns: ["cp-1.example.org"] }, []),
    of("the permitted domain itself", inside, { dns: ["example.org"] }, []),
    of("a name outside the permitted domain", inside, { dns: ["cp-1.example.com"] }, ["ERR_CHAIN_INVALID"]),
    of("a name that only ends like the permitted domain", inside, { dns: ["badexample.org"] }, ["ERR_CHAIN_INVALID"]),
    of("an address, where only names are constrained", inside, { ips: ["10.0.0.2"] }, []),
    of(
      "an excluded name",
      nameConstraints([], [{ dNSName: "internal.example.org" }]),
      { dns: ["a.internal.example.org"] },
      ["ERR_CHAIN_INVALID"],
    ),
    of("an address in the permitted network", network, { ips: ["10.9.8.7"] }, []),
    of("an address outside the permitted network", network, { ips: ["192.168.1.1"] }, ["ERR_CHAIN_INVALID"]),
    of("an IPv6 address, where only IPv4 is permitted", network, { ips: ["2001:db8::1"] }, ["ERR_CHAIN_INVALID"]),
    of("a permitted address in sixteen octets", network, { ips: ["::ffff:a09:807"] }, ["ERR_CHAIN_INVALID"]),
    of(
      "a wildcard beside an excluded name",
      nameConstraints([], [{ dNSName: "cp-1.example.org" }]),
      { dns: ["*.example.org"] },
      ["ERR_CHAIN_INVALID"],
      "to openssl a wildcard is a name like any other",
    ),
    of(
      "constraints on mail addresses",
      nameConstraints([{ rfc822Name: "example.org" }]),
      { dns: ["a.example.org"] },
      [],
    ),
    of("constraints on subjects", nameConstraints([{ directoryName: elsewhere }]), { dns: ["a.example.org"] }, [
      "ERR_CHAIN_INVALID",
    ]),
  ]);
}

/** Good and broken chains, made anew each time. */
export async function makeVerifyCases(): Promise<VerifyCase[]> {
  return [...(await coreCases()), ...(await oddCases())];
}
