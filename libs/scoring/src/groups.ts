/** Statistics of rows that belong together: phones of a word, words of an utterance. All are of a group that is not empty. */

/** Mean of each column. @param rows all of one length */
export function columnMeans(rows: readonly ArrayLike<number>[]): number[] {
  const width = rows[0]?.length ?? 0;
  return Array.from(
    { length: width },
    (_, column) => rows.reduce((sum, row) => sum + row[column]!, 0) / rows.length,
  );
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value below which this share of the values lies (nearest rank). */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1) + 0.5)]!;
}

/** Share of the values below a limit. */
export function shareBelow(values: readonly number[], limit: number): number {
  return values.filter((value) => value < limit).length / values.length;
}

/** Cuts rows into groups of these sizes, in order. */
export function inGroups<T>(rows: readonly T[], sizes: readonly number[]): T[][] {
  let at = 0;
  return sizes.map((size) => rows.slice(at, (at += size)));
}

/** Mean of each column over the rows that count, then standard deviation of each.
 *  @param data  row-major [counts.length, columns], at least one row counts */
export function columnMoments(data: Float32Array, counts: readonly boolean[]): Float64Array {
  const columns = data.length / counts.length;
  const moments = new Float64Array(2 * columns);
  const rows = [...counts.keys()].filter((row) => counts[row]);
  for (const row of rows)
    for (let column = 0; column < columns; column++)
      moments[column]! += data[row * columns + column]! / rows.length;
  for (const row of rows)
    for (let column = 0; column < columns; column++)
      moments[columns + column]! += (data[row * columns + column]! - moments[column]!) ** 2 / rows.length;
  for (let column = columns; column < 2 * columns; column++) moments[column] = Math.sqrt(moments[column]!);
  return moments;
}
