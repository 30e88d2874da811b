/** One figure of ours beside a peer's, run by run. */
export interface RatioRow {
  readonly name: string;
  readonly ratio: { readonly min: number; readonly median: number; readonly max: number };
  /** The median is to be at or below this; at or above it where `moreIsBetter`. */
  readonly target: number;
  readonly peer: string;
  readonly holds: boolean;
  readonly moreIsBetter?: true;
}

/** Stands for the peer of a figure with a limit of its own. */
export const LIMIT = 'limit';

/** The same figure of both, of runs that followed one another. */
export interface Pair {
  readonly ours: number;
  readonly peers: number;
}

/** @param pairs the same figure of both, in the order of the runs; smaller is better */
export function ratioRow(name: string, peer: string, target: number, pairs: readonly Pair[]): RatioRow {
  const ratio = spread(pairs);
  return { name, ratio, target, peer, holds: ratio.median <= target };
}

/** As `ratioRow`, of a figure that is better the larger it is. */
export function gainRow(name: string, peer: string, target: number, pairs: readonly Pair[]): RatioRow {
  const ratio = spread(pairs);
  return { name, ratio, target, peer, holds: ratio.median >= target, moreIsBetter: true };
}

/** A figure beside what it may be at most. */
export function limitRow(name: string, figure: number, limit: number): RatioRow {
  return ratioRow(name, LIMIT, 1, [{ ours: figure, peers: limit }]);
}

/** A share beside what it must be at least. */
export function shareRow(name: string, share: number, least: number): RatioRow {
  return gainRow(name, LIMIT, 1, [{ ours: share, peers: least }]);
}

/** `NAME ours/PEER MIN MEDIAN MAX target T holds|short` */
export function ratioLine({ name, peer, ratio, target, holds }: RatioRow): string {
  const figures = [ratio.min, ratio.median, ratio.max].map((figure) => figure.toFixed(2)).join(' ');
  return `${name} ours/${peer} ${figures} target ${target.toFixed(2)} ${holds ? 'holds' : 'short'}`;
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return NaN;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The 95th percentile. */
export function p95Of(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(0.95 * sorted.length) - 1] ?? NaN;
}

function spread(pairs: readonly Pair[]): RatioRow['ratio'] {
  const ratios = pairs.map(({ ours, peers }) => ours / peers).sort((a, b) => a - b);
  return { min: ratios[0] ?? NaN, median: medianOf(ratios), max: ratios.at(-1) ?? NaN };
}
