import type { Segment__Output } from '@parlance/contracts';

/** What is shown together, and when; milliseconds. */
export type Cue = Pick<Segment__Output, 'startMs' | 'endMs' | 'text'>;

/** A cue does not stay over a silence as long as this. */
const SILENCE_MS = 2_000;

/** Segments as subtitles show them: one whose words stand apart becomes several cues. */
export function cuesOf(segments: readonly Segment__Output[]): Cue[] {
  return segments.flatMap(cuesOfSegment);
}

function cuesOfSegment({ text, words, ...times }: Segment__Output): Cue[] {
  const cues: Cue[] = [];
  let { startMs } = times;
  let cutAt = 0;
  let read = 0;
  for (const [index, word] of words.entries()) {
    const at = text.indexOf(word.text.trim(), read);
    // Words that are not the text's own cannot cut it.
    if (at < 0) return [{ ...times, text }];
    const before = words[index - 1];
    if (before && word.startMs - before.endMs >= SILENCE_MS) {
      cues.push({ startMs, endMs: before.endMs, text: text.slice(cutAt, at) });
      ({ startMs } = word);
      cutAt = at;
    }
    read = at + word.text.trim().length;
  }
  return [...cues, { startMs, endMs: times.endMs, text: text.slice(cutAt) }];
}
