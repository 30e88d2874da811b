import type { SpeechStretch } from '@parlance/vad';
import type { Segment, Word } from '@parlance/whisper';

/** Whisper's times and those of voice activity differ by less where both are right: such times stay as they are. */
const SLACK_MS = 100;
/** Speech begins a little before voice activity is sure of it, and ends a little later. */
const PAD_MS = 64;

/**
 * A segment with the times of what is said in it. Whisper's timestamps reach over silences: its first word and its segments
 * begin where the window does. Where a time is in a silence it moves to the nearest speech.
 * @param stretches  where somebody speaks between the segment's times; empty: nothing is known better
 */
export function placedInSpeech(segment: Segment, stretches: readonly SpeechStretch[]): Segment {
  const first = stretches[0];
  const last = stretches.at(-1);
  if (!first || !last) return segment;
  const words = placedWords(segment.words, stretches);
  const startMs = words[0]?.startMs ?? segment.startMs;
  const endMs = words.at(-1)?.endMs ?? segment.endMs;
  const hasMoved = words.some((word, i) => word !== segment.words[i]);
  const own = hasMoved ? { startMs, endMs } : segment;
  return { ...segment, words, ...within(own, { startMs: first.startMs, endMs: last.endMs }) };
}

/** The segment with none of its times before `ms`, where the one before it ends. */
export function notBefore(segment: Segment, ms: number): Segment {
  if (segment.startMs >= ms) return segment;
  const later = ({ startMs, endMs }: SpeechStretch): SpeechStretch => ({
    startMs: Math.max(ms, startMs),
    endMs: Math.max(ms, endMs),
  });
  const words = segment.words.map((word) => ({ ...word, ...later(word) }));
  return { ...segment, ...later(segment), words };
}

function placedWords(words: readonly Word[], stretches: readonly SpeechStretch[]): Word[] {
  let reached = 0;
  return words.map((word) => {
    const placed = within(word, nearest(word, stretches));
    const startMs = Math.max(reached, placed.startMs);
    const endMs = Math.max(startMs, placed.endMs);
    reached = endMs;
    return startMs === word.startMs && endMs === word.endMs ? word : { ...word, startMs, endMs };
  });
}

/** Returns the stretch that a word shares most time with; where it shares none, the nearest one. */
function nearest(word: SpeechStretch, stretches: readonly SpeechStretch[]): SpeechStretch {
  const shared = ({ startMs, endMs }: SpeechStretch): number =>
    Math.min(endMs, word.endMs) - Math.max(startMs, word.startMs);
  return stretches.reduce((best, stretch) => (shared(stretch) > shared(best) ? stretch : best));
}

/** Times that stand in a stretch of speech, or so near that they may. */
function within(times: SpeechStretch, stretch: SpeechStretch): SpeechStretch {
  const earliest = Math.max(0, stretch.startMs - PAD_MS);
  const latest = stretch.endMs + PAD_MS;
  const startsOff = times.startMs < stretch.startMs - SLACK_MS;
  const endsOff = times.endMs > stretch.endMs + SLACK_MS;
  const startMs = Math.min(startsOff ? earliest : times.startMs, latest);
  return { startMs, endMs: Math.max(startMs, earliest, endsOff ? latest : times.endMs) };
}
