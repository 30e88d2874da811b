/** @returns words as they are compared: lower case, composed, without punctuation; of any script */
export function comparableWords(text: string): string[] {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}' ]/gu, ' ')
    .split(/\s+/)
    .filter(Boolean);
}

/** @returns the least number of substitutions, insertions and deletions that turn one list of words into the other */
export function wordErrors(expected: readonly string[], recognized: readonly string[]): number {
  let row = Array.from({ length: recognized.length + 1 }, (_, column) => column);
  expected.forEach((word, index) => {
    const next = [index + 1];
    recognized.forEach((other, column) => {
      const replaced = (row[column] ?? 0) + (word === other ? 0 : 1);
      next.push(Math.min((row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1, replaced));
    });
    row = next;
  });
  return row.at(-1) ?? 0;
}

/** @returns wrong words in per cent of all expected words of all utterances, to a tenth */
export function wordErrorPercent(
  utterances: readonly { readonly expected: string; readonly recognized: string }[],
): number {
  let [errors, words] = [0, 0];
  for (const { expected, recognized } of utterances) {
    const reference = comparableWords(expected);
    errors += wordErrors(reference, comparableWords(recognized));
    words += reference.length;
  }
  return words === 0 ? 0 : Math.round((1000 * errors) / words) / 10;
}
