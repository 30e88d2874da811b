import type { RecognitionResult } from '#libs/contracts';
import { isAppError } from '#libs/errors';
import { msOf, samplesOf } from '../vad/frames.js';
import type { Utterance, UtteranceOptions } from '../whisper/recognition.types.js';
import { interimResult } from './results.js';
import { StableHypothesis } from './stable-hypothesis.js';

/** New speech that is worth another decode. */
const STEP_MS = 400;
/** Beyond these a hypothesis is likely invented (openai-whisper's thresholds); better nothing than wrong words. */
const MAX_NO_SPEECH = 0.6;
const MAX_COMPRESSION = 2.4;

export interface UtteranceInProgress {
  readonly id: string;
  /** Position in the stream, samples. */
  readonly audioFrom: number;
}

export interface InterimSource {
  /** Whether an interim could be shown now: earlier finals are sent, the client reads. */
  readonly isOpen: boolean;
  /** Where speech was last heard, and the newest sample. */
  readonly speechTo: number;
  readonly end: number;
  slice(from: number, to: number): Float32Array;
}

type Recognize = (samples: Float32Array, options: UtteranceOptions) => Promise<Utterance>;

/**
 * Interim hypotheses of one utterance. At most one decode is in flight; while it runs, a newer one only waits as the wish
 * for one, so that it takes the newest audio when its turn comes. In silence, and where it could not
 * be shown, there is none.
 */
export class InterimDecoder {
  private readonly hypothesis = new StableHypothesis();
  private readonly abort = new AbortController();
  private decodedTo: number;
  private inFlight = false;

  constructor(
    private readonly utterance: UtteranceInProgress,
    private readonly source: InterimSource,
    private readonly recognize: Recognize,
    private readonly show: (result: RecognitionResult) => void,
    private readonly fail: (error: unknown) => void,
  ) {
    this.decodedTo = utterance.audioFrom;
  }

  /** To be called whenever audio has come. */
  poke(): void {
    if (this.inFlight || this.abort.signal.aborted || !this.source.isOpen) return;
    if (this.source.speechTo - this.decodedTo < samplesOf(STEP_MS)) return;
    this.inFlight = true;
    this.decode().then(
      () => {
        this.inFlight = false;
        this.poke();
      },
      (error: unknown) => {
        this.inFlight = false;
        if (!isPassing(error)) this.fail(error);
      },
    );
  }

  /** Gives up the decode in flight; nothing is shown any more. */
  stop(): void {
    this.abort.abort();
  }

  private async decode(): Promise<void> {
    const { audioFrom, id } = this.utterance;
    const audioTo = this.source.end;
    this.decodedTo = this.source.speechTo;
    const heard = await this.recognize(this.source.slice(audioFrom, audioTo), {
      kind: 'partial',
      prefixTokens: this.hypothesis.prefixTokens,
      signal: this.abort.signal,
    });
    if (this.abort.signal.aborted) return;
    if (heard.noSpeechProbability > MAX_NO_SPEECH || heard.compressionRatio > MAX_COMPRESSION) return;
    const interim = this.hypothesis.accept(heard);
    if (!interim) return;
    const span = { id, startMs: msOf(audioFrom), endMs: msOf(audioTo) };
    this.show(interimResult(span, interim, heard.language));
  }
}

/** An interim that could not be had now is no fault of the stream: its final will come. */
function isPassing(error: unknown): boolean {
  return (
    isAppError(error) &&
    (error.code === 'request.cancelled' ||
      error.code === 'inference.overloaded' ||
      error.code === 'inference.interrupted')
  );
}
