import { z } from 'zod';
import type { SpeechWord } from '@parlance/contracts';
import { unescaped } from './polly-ssml.js';

/** One line of Polly's speech marks, as far as it is needed. */
const markSchema = z.object({
  time: z.number().nonnegative(),
  type: z.string(),
  value: z.string().default(''),
});

/** What a viseme mark says where the mouth rests. */
const SILENCE = 'sil';

/** Words of Polly's speech marks (a JSON object a line, in the order of time). Polly says only where a word starts; it ends where the next
 *  one does, or where a silence begins.
 *  @param marks  of the types `word` and `viseme`
 *  @param audioMs  length of the audio they belong to
 *  @returns undefined where they are no speech marks */
export function wordsOfMarks(marks: string, audioMs: number): SpeechWord[] | undefined {
  const lines = marks.split('\n').filter((line) => line.trim() !== '');
  const words: { text: string; startMs: number; endMs: number }[] = [];
  let open: (typeof words)[number] | undefined;
  const close = (at: number): void => {
    if (open) open.endMs = Math.max(open.startMs, Math.round(Math.min(at, audioMs)));
    open = undefined;
  };
  for (const line of lines) {
    const mark = readMark(line);
    if (!mark) return undefined;
    const { time, type, value } = mark;
    if (type === 'word') {
      close(time);
      const startMs = Math.round(Math.min(time, audioMs));
      open = { text: unescaped(value), startMs, endMs: startMs };
      words.push(open);
    } else if (type === 'viseme' && value === SILENCE && open && time > open.startMs) close(time);
  }
  close(audioMs);
  return words;
}

function readMark(line: string): z.infer<typeof markSchema> | undefined {
  try {
    return markSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
