/** A query that the embedded store told of, started with `-Dparlance.plans=true`. */
interface ToldPlan {
  readonly collection: string;
  readonly query: string;
  readonly sort: string;
  readonly index: string;
}

const PLAN = /^plan (\S+) query=\{(.*)\} sort=(\[.*\]) index=(\S+)$/;

/** Collections that hold a few documents whatever the installation: reading them whole costs nothing. */
const SMALL: ReadonlySet<string> = new Set(['leases', 'signing_keys']);

/** Reads of a whole collection that are meant: tts sums up the bytes of all that it has cached, every sweep. */
const SUMS: ReadonlySet<string> = new Set(['speech: {} sort []']);

/**
 * The queries of some plans that read their whole collection, each once: a declared index would have served them otherwise.
 * @param lines  as the store told them; lines of another kind are passed over
 */
export function queriesWithoutIndex(lines: readonly string[]): string[] {
  const plans = lines.flatMap((line) => planOf(line) ?? []);
  const without = plans.filter(({ index, collection }) => index === 'none' && !SMALL.has(collection));
  const told = without.map(({ collection, query, sort }) => `${collection}: {${query}} sort ${sort}`);
  return [...new Set(told)].filter((one) => !SUMS.has(one));
}

function planOf(line: string): ToldPlan | undefined {
  const [, collection, query, sort, index] = PLAN.exec(line) ?? [];
  if (collection === undefined || query === undefined || sort === undefined || index === undefined)
    return undefined;
  return { collection, query, sort, index };
}
