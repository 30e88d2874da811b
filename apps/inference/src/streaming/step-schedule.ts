import { samplesOf } from '@parlance/vad';
import type { LanguageBelief } from './language-belief.js';
import type { UtteranceText } from './utterance-text.js';

/** Speech before the first step, and between two of them: steps come close until a word is committed, for so long at most. */
const FIRST_STEP_MS = 600;
const EARLY_STEP_MS = 500;
const EARLY_MS = 3000;
/** While the language is not sure, nothing can be committed: steps stay close for longer. */
const UNSURE_EARLY_MS = 4000;
const STEP_MS = 1000;
/** Speech between two interims while the pod has nothing else to do. */
const EXTRA_INTERIM_MS = 400;
/** On an overloaded pod steps are at most so many times further apart. */
const LONGEST_STRIDE = 4;

/**
 * Where in an utterance interims are decoded. Steps, which may commit words, are at positions that depend on the audio and on
 * what was decoded of it alone, so that the same audio gives the same final in whatever frames it comes; only when a step
 * takes longer than the speech it covers do the next ones move apart. Between steps there may be extra interims. Positions
 * are samples of the stream.
 */
export class StepSchedule {
  private steps = 0;
  private stride = 1;
  private steppedAt: number;
  private decodedAt: number;

  /** @param audioFrom  where the utterance begins */
  constructor(
    private readonly audioFrom: number,
    private readonly text: UtteranceText,
    private readonly belief: LanguageBelief,
  ) {
    this.steppedAt = this.decodedAt = audioFrom;
  }

  isStepDue(speechTo: number): boolean {
    return speechTo - this.steppedAt >= samplesOf(this.stepMs(speechTo) * this.stride);
  }

  isExtraDue(speechTo: number): boolean {
    return speechTo - this.decodedAt >= samplesOf(EXTRA_INTERIM_MS);
  }

  /** Steps take no longer than the speech they cover. */
  get isRealTime(): boolean {
    return this.stride === 1;
  }

  /** A step begins here. */
  step(speechTo: number): void {
    this.steppedAt = this.decodedAt = speechTo;
    this.steps++;
  }

  /** An extra interim is decoded here. */
  extra(speechTo: number): void {
    this.decodedAt = speechTo;
  }

  /** Records how long a step has taken. */
  stepTook(ms: number): void {
    this.stride = Math.min(LONGEST_STRIDE, Math.max(1, Math.ceil(ms / STEP_MS)));
  }

  private stepMs(speechTo: number): number {
    if (this.steps === 0) return FIRST_STEP_MS;
    const isUnsure = this.belief.found !== undefined && !this.belief.isSure;
    const earlyMs = isUnsure ? UNSURE_EARLY_MS : EARLY_MS;
    const isEarly = speechTo - this.audioFrom <= samplesOf(earlyMs);
    return isEarly && !this.text.hasCommitted ? EARLY_STEP_MS : STEP_MS;
  }
}
