import type { SpeechWord } from '@parlance/contracts';

/** A clause by its words and how much each has to say (its number of sounds). */
export interface WeighedClause {
  readonly words: readonly { readonly text: string; readonly weight: number }[];
}

/** Part of the speech in which something sounds, milliseconds. */
export interface Sounding {
  readonly startMs: number;
  readonly endMs: number;
}

/** A silence shorter than this may lie within a word: before a t, a k or a p. */
const SHORTEST_PAUSE_MS = 90;
/** How many sounds a mark between clauses is worth where no silence tells where it is. */
const MARK_WEIGHT = 3;

/** Where the words lie of an engine that does not tell: clauses are between the longest silences, and the words of a clause share its
 *  time by their number of sounds.
 *  @param soundings  in order, with silence between them */
export function estimatedWords(
  clauses: readonly WeighedClause[],
  soundings: readonly Sounding[],
): SpeechWord[] {
  const spans = spansBetweenPauses(soundings, clauses.length);
  if (spans) return clauses.flatMap(({ words }, index) => shared(words, spans[index]!));
  const [first, last] = [soundings[0], soundings.at(-1)];
  if (!first || !last) return [];
  const all = clauses.flatMap(({ words }, index) => [
    ...words,
    ...(index < clauses.length - 1 ? [{ text: '', weight: MARK_WEIGHT }] : []),
  ]);
  return shared(all, { startMs: first.startMs, endMs: last.endMs }).filter(({ text }) => text !== '');
}

/** As many spans as clauses; undefined where there are too few pauses. */
function spansBetweenPauses(soundings: readonly Sounding[], count: number): Sounding[] | undefined {
  const pauses = soundings
    .slice(1)
    .map(({ startMs }, index) => ({ before: index, lengthMs: startMs - soundings[index]!.endMs }))
    .filter(({ lengthMs }) => lengthMs >= SHORTEST_PAUSE_MS)
    .sort((one, other) => other.lengthMs - one.lengthMs)
    .slice(0, count - 1)
    .map(({ before }) => before)
    .sort((one, other) => one - other);
  if (soundings.length === 0 || pauses.length < count - 1) return undefined;
  const edges = [-1, ...pauses, soundings.length - 1];
  return edges.slice(1).map((last, index) => ({
    startMs: soundings[edges[index]! + 1]!.startMs,
    endMs: soundings[last]!.endMs,
  }));
}

function shared(
  words: readonly { readonly text: string; readonly weight: number }[],
  { startMs, endMs }: Sounding,
): SpeechWord[] {
  const total = words.reduce((sum, { weight }) => sum + weight, 0) || 1;
  let before = 0;
  return words.map(({ text, weight }) => {
    const from = startMs + ((endMs - startMs) * before) / total;
    before += weight;
    const to = startMs + ((endMs - startMs) * before) / total;
    return { text, startMs: Math.round(from), endMs: Math.round(to) };
  });
}
