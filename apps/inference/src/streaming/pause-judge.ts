import {
  fixedPauseMs,
  longestPauseMs,
  pauseLimitMs,
  samplesOf,
  textEnding,
  turnProbability,
  VAD_FRAME_SAMPLES,
  type Eagerness,
  type PauseEvidence,
  type SmartTurn,
} from '@parlance/vad';

/** The model is asked once, after this much silence: six frames. */
const ASK_AT_MS = 192;
const ASK_AT = samplesOf(ASK_AT_MS);
/** The most that the model is given. */
const MODEL_MS = 8000;

/** A pause in the utterance being spoken. Positions are samples of the stream. */
export interface Pause {
  readonly audioFrom: number;
  readonly speechTo: number;
  /** Behind the newest frame. */
  readonly position: number;
  /** The text up to the pause, once it is decoded. */
  readonly text: { readonly text: string; readonly language: string } | undefined;
  /** Samples of the stream. */
  readonly audio: (from: number, to: number) => Float32Array;
}

/**
 * Decides how long the pauses of one stream may last. A pause is judged by its sound after 192 ms, and again when the text up to it is
 * decoded, some 300 ms later: a finished sentence ends the turn before that, an unsure one waits for its text.
 */
export class PauseJudge {
  private evidence: PauseEvidence | undefined;
  private isTextJudged = false;
  private limitMs: number;
  private believed: number | undefined;

  /** @param failed  told why the model could not be asked; the pause then lasts as long as without a model */
  constructor(
    private readonly model: Pick<SmartTurn, 'probability'>,
    private readonly eagerness: Eagerness,
    private readonly failed: (error: unknown) => void,
  ) {
    this.limitMs = longestPauseMs(eagerness);
  }

  /** Audio from here on may be asked for, samples. */
  neededFrom(audioFrom: number, position: number): number {
    return Math.max(audioFrom, position - samplesOf(MODEL_MS));
  }

  /** How likely the speaker has finished, as the pause was last judged; undefined before it is, and without the model. */
  get probability(): number | undefined {
    return this.believed;
  }

  /** Told of every frame of silence; never throws.
   *  @returns how long the pause may last, ms */
  async judge(pause: Pause, signal: AbortSignal): Promise<number> {
    const silence = pause.position - pause.speechTo;
    if (silence <= VAD_FRAME_SAMPLES) this.forget();
    if (silence === ASK_AT) await this.ask(pause, signal);
    const { evidence } = this;
    if (evidence && pause.text && !this.isTextJudged) {
      this.isTextJudged = true;
      this.decide({ ...evidence, text: textEnding(pause.text.text, pause.text.language) });
    }
    return this.limitMs;
  }

  private async ask({ audioFrom, position, audio }: Pause, signal: AbortSignal): Promise<void> {
    try {
      const from = this.neededFrom(audioFrom, position);
      this.evidence = { probability: await this.model.probability(audio(from, position), signal) };
      this.decide(this.evidence);
    } catch (error) {
      this.limitMs = fixedPauseMs(this.eagerness);
      if (!signal.aborted) this.failed(error);
    }
  }

  private decide(evidence: PauseEvidence): void {
    this.believed = turnProbability(evidence);
    this.limitMs = pauseLimitMs(this.believed, this.eagerness);
  }

  private forget(): void {
    this.evidence = undefined;
    this.isTextJudged = false;
    this.believed = undefined;
    this.limitMs = longestPauseMs(this.eagerness);
  }
}
