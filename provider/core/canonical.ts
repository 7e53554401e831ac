/** JSON with sorted keys, to compare values; lists keep their order. */
export function canonical(value: unknown): string {
  return JSON.stringify([value], (_, child: unknown) =>
    typeof child === "object" && child !== null && !Array.isArray(child)
      ? Object.fromEntries(Object.entries(child).sort(([a], [b]) => (a < b ? -1 : 1)))
      : child,
  );
}
