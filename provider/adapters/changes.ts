/** Counts the requests that change a resource, and perhaps a node. */
export class Changes {
  private count = 0;

  areUnderWay(): boolean {
    return this.count > 0;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.count += 1;
    try {
      return await work();
    } finally {
      this.count -= 1;
    }
  }
}
