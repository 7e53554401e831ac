import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";

import { createTalosconfig, formatTalosconfig } from "../../../provider/core/config/talosconfig";
import type { CertificateAndKey } from "../../../provider/core/secrets/types";
import { issueClient } from "../../interop/support/cluster";
import { shownCertificate } from "../../interop/support/judge";

import { callVersion, clientOf, type Client } from "./apiCall";

/** What a node shows of a rotation: whose clients it lets in, and who issued what it serves with. */
export interface NodeFacts {
  readonly trusts: { readonly old: boolean; readonly new: boolean };
  readonly serves: "old" | "new" | "another";
}

const facts = (old: boolean, next: boolean, serves: NodeFacts["serves"]): NodeFacts => ({
  trusts: { old, new: next },
  serves,
});

/** What every node shows when a stage is through. */
export const AFTER = {
  accept: facts(true, true, "old"),
  swap: facts(true, true, "new"),
  finish: facts(false, true, "new"),
  abort: facts(true, false, "old"),
} as const satisfies Record<string, NodeFacts>;

/** Asks nodes as a client of the old and of the new CA, as only somebody with both keys can. */
export class Examiner {
  private constructor(
    private readonly clients: { readonly old: Client; readonly new: Client },
    private readonly authorities: { readonly old: X509Certificate; readonly new: X509Certificate },
  ) {}

  static async create(old: CertificateAndKey, next: CertificateAndKey): Promise<Examiner> {
    const clientFrom = async (name: string, issuer: CertificateAndKey): Promise<Client> => {
      const { crt, key } = await issueClient(issuer);
      const caCertificatesPem = [old.crt, next.crt];
      const options = { contextName: name, caCertificatesPem, clientCertificatePem: crt, clientKeyPem: key };
      return clientOf(name, formatTalosconfig(createTalosconfig(options)));
    };
    return new Examiner(
      { old: await clientFrom("examiner of the old", old), new: await clientFrom("examiner of the new", next) },
      { old: new X509Certificate(old.crt), new: new X509Certificate(next.crt) },
    );
  }

  async look(endpoint: string): Promise<NodeFacts> {
    const served = await shownCertificate(endpoint);
    const issuedBy = (authority: X509Certificate): boolean => served.verify(authority.publicKey);
    const letsIn = async (client: Client): Promise<boolean> => (await callVersion(client, { endpoint })) === undefined;
    return {
      trusts: { old: await letsIn(this.clients.old), new: await letsIn(this.clients.new) },
      serves: issuedBy(this.authorities.old) ? "old" : issuedBy(this.authorities.new) ? "new" : "another",
    };
  }

  /** Waits until the node shows the facts. */
  async wait(endpoint: string, wanted: NodeFacts, patience = 15_000): Promise<void> {
    const deadline = Date.now() + patience;
    for (;;) {
      const seen = await this.look(endpoint);
      if (JSON.stringify(seen) === JSON.stringify(wanted)) return;
      if (Date.now() > deadline) assert.deepEqual(seen, wanted, `what ${endpoint} shows`);
      await delay(50);
    }
  }
}
