/** Finds out which word each of the sounds of a clause belongs to, where they cannot be told apart by spaces: in running speech words
 *  are joined (“of the” is ʌvðə) and numbers are several. The sounds of each word alone, one behind the other, are
 *  aligned with those of the clause by the fewest insertions, deletions and substitutions (Levenshtein).
 *  @param spoken  sounds of the clause
 *  @param alone  sounds of each word by itself
 *  @returns for each sound of `spoken` the index of its word; never falling */
export function wordsOfSounds(spoken: readonly string[], alone: readonly (readonly string[])[]): number[] {
  const owners = alone.flatMap((sounds, word) => sounds.map(() => word));
  const wanted = alone.flat();
  const width = wanted.length + 1;
  const cost = new Uint16Array((spoken.length + 1) * width);
  const at = (row: number, column: number): number => cost[row * width + column]!;
  for (let column = 0; column < width; column++) cost[column] = column;
  for (let row = 1; row <= spoken.length; row++) {
    cost[row * width] = row;
    for (let column = 1; column < width; column++) {
      const substituted = at(row - 1, column - 1) + (spoken[row - 1] === wanted[column - 1] ? 0 : 1);
      const inserted = at(row - 1, column) + 1;
      const deleted = at(row, column - 1) + 1;
      cost[row * width + column] = Math.min(substituted, inserted, deleted);
    }
  }
  const found = new Array<number>(spoken.length).fill(0);
  let column = wanted.length;
  for (let row = spoken.length; row > 0;) {
    const matches = column > 0 && spoken[row - 1] === wanted[column - 1];
    if (column > 0 && at(row, column) === at(row - 1, column - 1) + (matches ? 0 : 1)) {
      found[--row] = owners[--column]!;
    } else if (at(row, column) === at(row - 1, column) + 1) {
      // A sound that no word has goes with the one before it.
      found[--row] = owners[Math.max(0, column - 1)] ?? 0;
    } else column -= 1;
  }
  return found;
}
