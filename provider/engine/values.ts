/** Values of a resource as data: plaintext, without marks and without the shells' own keys. */
export type Values = Readonly<Record<string, unknown>>;

/** An object of plain data; instances of classes, such as decoded certificates, are none. */
export function isPlainObject(value: unknown): value is Values {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The values without those that are undefined: Pulumi's wire has no such thing. */
export function withoutUndefined(values: Values): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
