type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** Imports from a lower layer of a higher one, and packages that no layer has: `a → b` each. */
export function upwardArrows(arrows: Arrows, layers: readonly (readonly string[])[]): string[] {
  const layerOf = (name: string): number => layers.findIndex((layer) => layer.includes(name));
  const unknown = [...arrows.keys()].filter((name) => layerOf(name) < 0);
  const upward = [...arrows].flatMap(([from, targets]) =>
    [...targets].filter((to) => layerOf(to) < layerOf(from)).map((to) => `${from} → ${to}`),
  );
  return [...unknown.map((name) => `${name} has no layer in layers.json`), ...upward];
}

/** Packages that import themselves by way of others: `a → b → a` each, every circle once from the first name in it. */
export function packageCycles(arrows: Arrows): string[] {
  const cycles = new Set<string>();
  const visit = (path: readonly string[]): void => {
    for (const next of arrows.get(path.at(-1)!) ?? []) {
      if (next === path[0]) cycles.add([...path, next].join(' → '));
      else if (next > path[0]! && !path.includes(next)) visit([...path, next]);
    }
  };
  for (const start of arrows.keys()) visit([start]);
  return [...cycles];
}

/** The arrows that no path of other arrows stands for: what is left of a → b, b → c, a → c without the last. The packages must
 *  not import each other in circles. */
export function essentialArrows(arrows: Arrows): Map<string, string[]> {
  const reachable = (from: string, seen = new Set<string>()): Set<string> => {
    for (const to of arrows.get(from) ?? []) if (!seen.has(to)) reachable(to, seen.add(to));
    return seen;
  };
  return new Map(
    [...arrows].map(([from, targets]) => {
      const byOthers = new Set([...targets].flatMap((to) => [...reachable(to)]));
      return [from, [...targets].filter((to) => !byOthers.has(to))];
    }),
  );
}
