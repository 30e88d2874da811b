import { FRAMES_PER_SECOND, WINDOW_FRAMES, type WindowResult, type WindowSegment } from './window.js';
import { DEFAULT_WORDS, type TimedWord } from './word-timing.js';

const PUNCTUATION = DEFAULT_WORDS.prependPunctuations + DEFAULT_WORDS.appendPunctuations;
/** How many words of a segment are looked at. */
const WORDS_JUDGED = 8;

export interface SilenceRule {
  /** Silence longer than this is skipped where a segment may be invented, seconds. */
  readonly threshold: number;
  /** Where the speech before this window ended, seconds. */
  readonly lastSpeech: number;
  /** Mel frames of the window, and of the whole recording. */
  readonly frames: number;
  readonly recordingFrames: number;
}

/**
 * Leaves out segments that are likely invented and are in silence, and continues after it (openai/whisper, transcribe.py,
 * hallucination_silence_threshold). Needs word times.
 * @returns the window with fewer segments and another frame to continue from; `isSilent` where nothing of it counts
 */
export function skipSilence(window: WindowResult, rule: SilenceRule): WindowResult {
  const { threshold, frames } = rule;
  const { segments } = window;
  const offset = window.seek / FRAMES_PER_SECOND;
  const windowEnd = (window.seek + WINDOW_FRAMES) / FRAMES_PER_SECOND;
  let { nextSeek } = window;
  if (!window.endsWithSingleTimestamp) {
    const spokenTo = endOf(segments);
    if (spokenTo !== undefined && spokenTo > offset)
      nextSeek = windowEnd - spokenTo > threshold ? toFrames(spokenTo) : window.seek + frames;
  }
  const first = withWords(segments);
  if (first && isAnomalous(first)) {
    const gap = first.start - offset;
    if (gap > threshold)
      return {
        ...window,
        segments: [],
        nextSeek: window.seek + toFrames(gap),
        lastSpeech: rule.lastSpeech,
        isSilent: true,
      };
  }
  const invented = findInvented(window, rule, offset, windowEnd);
  const kept = invented === -1 ? segments : segments.slice(0, invented);
  const cut = segments[invented];
  if (cut) {
    nextSeek = toFrames(Math.max(offset + 1, cut.start));
    if (rule.recordingFrames / FRAMES_PER_SECOND - cut.end < threshold) nextSeek = rule.recordingFrames;
  }
  return { ...window, segments: kept, nextSeek, lastSpeech: endOf(kept) ?? rule.lastSpeech };
}

/** Index of the first anomalous segment that has silence, or more of its kind, on both sides; −1: none. */
function findInvented(window: WindowResult, rule: SilenceRule, offset: number, windowEnd: number): number {
  const { threshold } = rule;
  let spokenTo = rule.lastSpeech;
  for (const [i, segment] of window.segments.entries()) {
    if (segment.words.length === 0) continue;
    if (isAnomalous(segment)) {
      const next = withWords(window.segments.slice(i + 1));
      const nextStart = next?.words[0]?.start ?? offset + rule.frames / FRAMES_PER_SECOND;
      const isSilentBefore =
        segment.start - spokenTo > threshold || segment.start < threshold || segment.start - offset < 2;
      const isSilentBehind =
        nextStart - segment.end > threshold ||
        (next !== undefined && isAnomalous(next)) ||
        windowEnd - segment.end < 2;
      if (isSilentBefore && isSilentBehind) return i;
    }
    spokenTo = segment.end;
  }
  return -1;
}

function isAnomalous({ words }: WindowSegment): boolean {
  const judged = words.filter((word) => !PUNCTUATION.includes(word.text)).slice(0, WORDS_JUDGED);
  const score = judged.reduce((sum, word) => sum + anomalyOf(word), 0);
  return score >= 3 || score + 0.01 >= judged.length;
}

/** How unlike a spoken word: improbable, very short or very long. */
function anomalyOf({ start, end, probability }: TimedWord): number {
  const seconds = end - start;
  let score = probability < 0.15 ? 1 : 0;
  if (seconds < 0.133) score += (0.133 - seconds) * 15;
  if (seconds > 2) score += seconds - 2;
  return score;
}

function withWords(segments: readonly WindowSegment[]): WindowSegment | undefined {
  return segments.find((segment) => segment.words.length > 0);
}

/** End of the last word; of the last segment where there are no words. */
function endOf(segments: readonly WindowSegment[]): number | undefined {
  return withWords(segments.toReversed())?.words.at(-1)?.end ?? segments.at(-1)?.end;
}

function toFrames(seconds: number): number {
  return Math.round(seconds * FRAMES_PER_SECOND);
}
