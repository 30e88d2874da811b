/** The processes that a metric comes from; `every` is all of them. */
export type MetricSource =
  'gateway' | 'inference' | 'conversation' | 'tts' | 'operator' | 'telegram' | 'every';

/** What the registry says of a metric. Its name begins with `parlance_`; that of a counter ends with `_total`, after the unit. */
export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** What a value counts or measures: `seconds`, `bytes`, `ratio`; for whatever has no unit, the things that are counted. */
  readonly unit: string;
  readonly help: string;
  /** Names of its labels. What a label may be is bounded: a set in the code, or configured names; `tenant` by `tenantLabel`. */
  readonly labels: readonly string[];
  /** Of a counter: values of all its labels that are known beforehand. Each combination of them is there from the start, at 0, since a
   *  rate misses the first event of a series that begins with it. */
  readonly atStart?: Readonly<Record<string, readonly string[]>>;
  /** Upper bounds of a histogram's buckets; LATENCY_BUCKETS where they are left out. */
  readonly buckets?: readonly number[];
  readonly sources: readonly MetricSource[];
  /** What an operator reads it for. */
  readonly reading: string;
  /** Why neither a dashboard nor an alert asks for it. Without a reason, one of them must. */
  readonly unwatched?: string;
}

/** From 1 ms to 2 min, in seconds. */
export const LATENCY_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

/** The series that a metric has for Prometheus: a histogram has three.
 *  @returns what follows the metric's name */
export function seriesSuffixes({ kind }: Pick<MetricDefinition, 'kind'>): readonly string[] {
  return kind === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
}

/** Each combination of the values of labels.
 *  @param values by the names of the labels; of none there is no combination */
export function labelCombinations(
  values: Readonly<Record<string, readonly string[]>>,
): Record<string, string>[] {
  const labels = Object.entries(values);
  if (labels.length === 0) return [];
  return labels.reduce<Record<string, string>[]>(
    (all, [label, each]) => all.flatMap((some) => each.map((value) => ({ ...some, [label]: value }))),
    [{}],
  );
}
