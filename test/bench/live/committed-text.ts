import { plainWords } from '../../support/word-errors.js';

/** The whole text a live client shows, and when it did, ms from the stream's first sample. */
export interface DisplayedText {
  readonly text: string;
  readonly atMs: number;
}

/** What was said, upper or lower case, and when it ended. */
export interface Said {
  readonly text: string;
  readonly endMs: number;
}

/** Of an utterance's words: what is shorter is a piece of it, and the rest was still to come when the stream ended. */
const RECOGNIZED_SHARE = 0.5;

/**
 * How long after the end of each utterance its text was on the screen to stay: as the client showed it at the very end, whether
 * or not the server called it final by then. Servers without utterances and final flags are measured so, to their advantage.
 * @returns milliseconds for each utterance; Infinity where less than half of its words ever came
 */
export function committedAfterMs(said: readonly Said[], displayed: readonly DisplayedText[]): number[] {
  const final = plainWords(displayed.at(-1)?.text ?? '');
  const bounds = boundaries(
    said.map(({ text }) => plainWords(text)),
    final,
  );
  const screens = displayed.map(({ text, atMs }) => ({ words: ` ${plainWords(text).join(' ')} `, atMs }));
  return said.map(({ text, endMs }, i) => {
    const own = final.slice(i === 0 ? 0 : bounds[i - 1], bounds[i]);
    if (own.length < RECOGNIZED_SHARE * plainWords(text).length) return Infinity;
    const sought = ` ${own.join(' ')} `;
    let committed = screens.length;
    while (committed > 0 && screens[committed - 1]?.words.includes(sought)) committed--;
    return Math.max(0, (screens[committed]?.atMs ?? Infinity) - endMs);
  });
}

/** Where each utterance ends in the words recognized, by the alignment with the fewest errors. */
function boundaries(said: readonly (readonly string[])[], recognized: readonly string[]): number[] {
  const words = said.flat();
  const width = recognized.length + 1;
  const costs = new Uint32Array((words.length + 1) * width);
  for (let j = 0; j < width; j++) costs[j] = j;
  for (let i = 1; i <= words.length; i++) {
    costs[i * width] = i;
    for (let j = 1; j < width; j++) {
      const substituted = costs[(i - 1) * width + j - 1]! + (words[i - 1] === recognized[j - 1] ? 0 : 1);
      costs[i * width + j] = Math.min(
        substituted,
        costs[(i - 1) * width + j]! + 1,
        costs[i * width + j - 1]! + 1,
      );
    }
  }
  const ends = new Set<number>();
  let total = 0;
  const bounds = said.map((own) => (total += own.length));
  bounds.forEach((bound) => ends.add(bound));
  const found = new Map<number, number>();
  let [i, j] = [words.length, recognized.length];
  for (;;) {
    if (ends.has(i) && !found.has(i)) found.set(i, j);
    if (i === 0) break;
    const cost = costs[i * width + j]!;
    if (j > 0 && cost === costs[(i - 1) * width + j - 1]! + (words[i - 1] === recognized[j - 1] ? 0 : 1))
      [i, j] = [i - 1, j - 1];
    else if (j > 0 && cost === costs[i * width + j - 1]! + 1) j -= 1;
    else i -= 1;
  }
  return bounds.map((bound) => found.get(bound) ?? 0);
}
