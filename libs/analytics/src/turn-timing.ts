/** Silero VAD's frame, milliseconds. */
const FRAME_MS = 32;
const SPEECH_PROBABILITY = 0.5;
/** So many frames in a row are speech; fewer are a click. */
const ONSET_FRAMES = 3;
/** Longer silences in a conversation are taken for trouble (G. Jefferson, "Preliminary notes on a possible metric which provides for a
 *  'standard maximum' silence", 1989). */
const LAPSE_MS = 1_000;
/** Shorter gaps and overlaps are not perceived (M. Heldner, "Detection thresholds for gaps, overlaps, and no-gap-no-overlaps", JASA 2011). */
const PERCEIVED_MS = 120;
/** Up to it listeners judge an answer as willing as one without a gap (F. Roberts and A. Francis, "Identifying a temporal threshold of
 *  tolerance for silent gaps after requests", JASA 2013). */
const TOLERATED_MS = 700;
/** Who waits longer turns to something else (R. Miller, "Response time in man-computer conversational transactions", AFIPS 1968). */
const LONGEST_WAIT_MS = 10_000;
const FULL = 100;

/** From a question's end to the end of its answer. */
export interface TurnTiming {
  /** From the end of the question to the start of the answer; negative: they overlap. Whole milliseconds, as all here. */
  readonly gapMs: number;
  readonly answerMs: number;
  /** Silences of 1 s or more within the answer, together. */
  readonly lapseMs: number;
}

/** When a question ended: by what its end lies before the answer's start, or where in the answer's recording. */
export type QuestionEnd = { readonly responseDelayMs: number } | { readonly questionEndMs: number };

/**
 * The floor transfer offset (Levinson and Torreira, "Timing in turn-taking and its implications for processing models of language",
 * Frontiers in Psychology 2015) and what follows it.
 * @param probabilities  of speech in the recording of the answer, one for every 32 ms
 * @returns undefined where nobody speaks
 */
export function turnTiming(probabilities: Float32Array, end: QuestionEnd): TurnTiming | undefined {
  const isSpeech = Array.from(probabilities, (each) => each >= SPEECH_PROBABILITY);
  const isRun = (from: number): boolean => isSpeech.slice(from, from + ONSET_FRAMES).every(Boolean);
  const starts = [...isSpeech.keys()].filter((i) => i + ONSET_FRAMES <= isSpeech.length && isRun(i));
  const [first] = starts;
  const last = (starts.at(-1) ?? 0) + ONSET_FRAMES;
  if (first === undefined) return undefined;
  const startMs = first * FRAME_MS;
  const gapMs = 'responseDelayMs' in end ? end.responseDelayMs : startMs - end.questionEndMs;
  const lapseMs = silencesWithin(isSpeech.slice(first, last))
    .map((frames) => frames * FRAME_MS)
    .filter((ms) => ms >= LAPSE_MS)
    .reduce((sum, ms) => sum + ms, 0);
  return { gapMs: Math.round(gapMs), answerMs: (last - first) * FRAME_MS, lapseMs };
}

/** Lengths of the runs without speech. */
function silencesWithin(isSpeech: readonly boolean[]): number[] {
  let run = 0;
  return isSpeech.flatMap((speech) => {
    const ended = speech && run > 0 ? [run] : [];
    run = speech ? 0 : run + 1;
    return ended;
  });
}

/** How soon somebody answers, 0 to 100: 100 up to a gap of 700 ms, 0 from 10 s, between them linear in the logarithm of the gap. */
export function responseTimeScore({ gapMs }: TurnTiming): number {
  if (gapMs <= TOLERATED_MS) return FULL;
  const share = Math.log(gapMs / TOLERATED_MS) / Math.log(LONGEST_WAIT_MS / TOLERATED_MS);
  return FULL * Math.max(0, 1 - share);
}

/**
 * One speaker at a time, with neither gap nor overlap (H. Sacks, E. Schegloff and G. Jefferson, "A simplest systematics for the
 * organization of turn-taking for conversation", Language 1974): the share, of 100, of the time from the question's end to the answer's in
 * which exactly one person speaks. Of gaps and overlaps counts what is perceived, of silences within the answer those of 1 s or more.
 */
export function interactionFlowScore({ gapMs, answerMs, lapseMs }: TurnTiming): number {
  const gap = Math.max(0, gapMs - PERCEIVED_MS);
  const overlap = Math.min(answerMs, Math.max(0, -gapMs - PERCEIVED_MS));
  return (FULL * Math.max(0, answerMs - lapseMs - overlap)) / (answerMs + gap);
}
