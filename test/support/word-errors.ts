/** Words as they are compared: lower case, without punctuation. */
export function plainWords(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[^a-z' ]/g, ' ')
    .split(/\s+/)
    .filter(Boolean);
}

/** Least substitutions, insertions and deletions that turn one word list into the other. */
export function wordErrors(reference: readonly string[], recognized: readonly string[]): number {
  let row = Array.from({ length: recognized.length + 1 }, (_, j) => j);
  reference.forEach((word, i) => {
    const next = [i + 1];
    recognized.forEach((other, j) => {
      next.push(
        Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (word === other ? 0 : 1)),
      );
    });
    row = next;
  });
  return row.at(-1) ?? 0;
}
