/**
 * Lets one operation at a time into each cluster, in the order in which they came. A cluster is known by any of its OS
 * CAs: two operations that name one in common are of one cluster, whatever the stage of a rotation that each knows.
 */
export class ClusterQueue {
  /** The end of the queue of each CA. One provider process serves all resources. */
  private readonly ends = new Map<string, Promise<unknown>>();

  /**
   * Waits until all that came before are out.
   *
   * @param authorities the CAs of the cluster, PEM
   * @returns what lets the next one in
   */
  async enter(authorities: readonly string[]): Promise<() => void> {
    const before = authorities.map((authority) => this.ends.get(authority) ?? Promise.resolve());
    let leave = (): void => undefined;
    const out = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const end = Promise.all([...before, out]);
    for (const authority of authorities) this.ends.set(authority, end);
    await Promise.all(before);
    return leave;
  }
}
