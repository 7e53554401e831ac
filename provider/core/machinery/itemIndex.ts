import { type ConfigMap, type ConfigValue, isConfigMap } from "./value";

/** How the items of a list find the one that they merge with. */
interface ItemIdentity {
  /** The key that an item of a patch looks for; `undefined` when it is always appended. */
  wanted(item: ConfigMap): string | undefined;
  /** The keys under which an item that is there is found. */
  keysOf(item: ConfigMap): readonly string[];
}

function byField(field: string, zero: string | bigint): ItemIdentity {
  const keyOf = (item: ConfigMap): string => {
    const value = item.get(field) ?? zero;
    return typeof value === "bigint" || typeof value === "string" ? `${field} ${value}` : field;
  };
  return { wanted: keyOf, keysOf: (item) => [keyOf(item)] };
}

/** Lists whose items merge with the one of the same identity. */
export const ITEM_IDENTITIES: Readonly<Record<string, ItemIdentity>> = {
  devices: {
    wanted: (device) => nameKey(device) ?? selectorKey(device),
    keysOf: (device) => [nameKey(device), selectorKey(device)].filter((key) => key !== undefined),
  },
  vlans: byField("vlanId", 0n),
  plugins: byField("name", ""),
  configFiles: byField("mountPath", ""),
};

function nameKey(device: ConfigMap): string | undefined {
  const name = device.get("interface");
  return typeof name === "string" && name !== "" ? `interface ${name}` : undefined;
}

/** Go compares the structs by value, and a pointer within them by address: a selector with `physical` equals none. */
function selectorKey(device: ConfigMap): string | undefined {
  const selector = device.get("deviceSelector");
  if (!isConfigMap(selector) || selector.has("physical")) return undefined;
  const fields = [...selector].filter(([, value]) => value !== undefined && value !== "");
  return `selector ${JSON.stringify(fields.sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}

/** Finds the first item of a list by its key, also after items have changed or have been appended. */
export class ItemIndex {
  /** Ascending; a position whose item has another key by now is dropped when it is met. */
  private readonly positions = new Map<string, number[]>();

  constructor(
    private readonly items: ConfigValue[],
    private readonly identity: ItemIdentity,
  ) {
    for (const position of items.keys()) this.update(position);
  }

  /** The position of the item that an item of a patch merges into. */
  find(item: ConfigValue): number | undefined {
    const key = isConfigMap(item) ? this.identity.wanted(item) : undefined;
    const found = key === undefined ? undefined : this.positions.get(key);
    while (found !== undefined && found.length > 0 && !this.keysAt(found[0]!).includes(key!)) found.shift();
    return found?.[0];
  }

  /** To be called when the item at a position is new or has changed. */
  update(position: number): void {
    for (const key of this.keysAt(position)) {
      const found = this.positions.get(key);
      if (found === undefined) this.positions.set(key, [position]);
      else insert(found, position);
    }
  }

  private keysAt(position: number): readonly string[] {
    const item = this.items[position];
    return isConfigMap(item) ? this.identity.keysOf(item) : [];
  }
}

/** Inserts into an ascending list what is not in it yet. */
function insert(ascending: number[], value: number): void {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  if (ascending[low] !== value) ascending.splice(low, 0, value);
}
