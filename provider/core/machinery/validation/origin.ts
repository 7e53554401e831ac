import type { Place, YamlMapping, YamlNode } from "../../yaml/parser";
import { memberText } from "../../yaml/node";

/** Where a patch says something. */
export interface Origin {
  /** Which patch, from 0. */
  readonly patch: number;
  /** Where in it, if that is known. */
  readonly place?: Place;
}

/** The places of a config that patches write, and which patch did so last. Built once, in one walk over the patches. */
export class PatchOrigins {
  /** By document and dotted path without indices. */
  private readonly written = new Map<string, Origin>();
  /** The same of what a patch writes or deletes as a whole, with all that is below. */
  private readonly leaves = new Map<string, Origin>();

  constructor(patches: readonly (readonly YamlNode[])[]) {
    patches.forEach((nodes, patch) => {
      const [first] = nodes;
      if (first?.kind === "sequence" && nodes.length === 1) this.addJsonPatch(first, patch);
      else for (const node of nodes) if (node.kind === "mapping") this.addDocument(node, patch);
    });
  }

  /** @param path of a document, with indices */
  find(kind: string, name: string, path: string): Origin | undefined {
    const steps = path
      .replaceAll(/\[\d+\]/g, "")
      .split(".")
      .filter((step) => step !== "");
    const own = this.written.get(keyOf(kind, name, steps));
    if (own !== undefined) return own;
    for (let length = steps.length - 1; length > 0; length -= 1) {
      const above = this.leaves.get(keyOf(kind, name, steps.slice(0, length)));
      if (above !== undefined) return above;
    }
    return kind === "" ? undefined : this.written.get(keyOf(kind, name, []));
  }

  private addDocument(node: YamlMapping, patch: number): void {
    const [kind, name] = [memberText(node, "kind"), memberText(node, "name")];
    this.addNode(node, { patch, kind, name: kind === "" ? "" : name }, []);
  }

  private addNode(node: YamlNode, at: { patch: number; kind: string; name: string }, steps: readonly string[]): void {
    const key = keyOf(at.kind, at.name, steps);
    const origin = { patch: at.patch, place: placeOf(node) };
    this.written.set(key, origin);
    if (node.kind === "mapping") {
      if (node.entries.some(({ key: name }) => name === "$patch")) this.leaves.set(key, origin);
      for (const { key: name, value } of node.entries) this.addNode(value, at, [...steps, name]);
    } else if (node.kind === "sequence") for (const item of node.items) this.addNode(item, at, steps);
    else this.leaves.set(key, origin);
  }

  private addJsonPatch(node: YamlNode & { kind: "sequence" }, patch: number): void {
    for (const operation of node.items) {
      if (operation.kind !== "mapping") continue;
      const steps = memberText(operation, "path")
        .split("/")
        .slice(1)
        .filter((step) => !/^(?:\d+|-)$/.test(step));
      const origin = { patch, place: placeOf(operation) };
      for (let length = 1; length <= steps.length; length += 1)
        this.written.set(keyOf("", "", steps.slice(0, length)), origin);
      this.leaves.set(keyOf("", "", steps), origin);
    }
  }
}

const placeOf = ({ line, path }: Place): Place => ({ line, ...(path !== undefined && { path }) });

function keyOf(kind: string, name: string, steps: readonly string[]): string {
  return JSON.stringify([kind, name, steps.join(".")]);
}
