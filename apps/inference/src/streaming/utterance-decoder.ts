import type { RecognitionResult } from '@parlance/contracts';
import { AppError, isAppError } from '@parlance/errors';
import { msOf, POST_ROLL_MS, samplesOf } from '@parlance/vad';
import type { Utterance, UtteranceOptions } from '@parlance/whisper';
import { isLoop, rescued } from './final-rescue.js';
import { LanguageBelief, type SessionLanguages } from './language-belief.js';
import { interimResult } from './results.js';
import { SideDecode } from './side-decode.js';
import { UtteranceText, type InterimText, type WholeUtterance } from './utterance-text.js';

/** Speech before the first hypothesis that may settle words, and between two of them: they come close until a word is settled, for so
 *  long at most. They come at the same places however the audio arrives. */
const FIRST_STEP_MS = 600;
const EARLY_STEP_MS = 500;
const EARLY_MS = 3000;
/** While the language is not sure, nothing can be settled: hypotheses stay close for longer. */
const UNSURE_EARLY_MS = 4000;
const STEP_MS = 1000;
/** Speech between two hypotheses while the pod has nothing else to do; the ones between steps settle nothing. */
const PREVIEW_MS = 400;
/** On an overloaded pod steps lie at most so many times further apart. */
const LONGEST_STRIDE = 4;

export interface UtteranceInProgress {
  readonly id: string;
  /** Position in the stream, samples. */
  readonly audioFrom: number;
  /** No word is settled in audio that reaches further: the utterance may yet be cut behind it. */
  readonly settleTo: number;
  readonly languages: SessionLanguages;
}

export interface DecoderSurroundings {
  readonly withInterims: boolean;
  /** Resolves when everything before this utterance has been sent. */
  readonly earlier: Promise<void>;
  /** Whether the pod has nothing else to do. */
  isIdle(): boolean;
  slice(from: number, to: number): Float32Array;
  recognize(samples: Float32Array, options: UtteranceOptions): Promise<Utterance>;
  show(result: RecognitionResult): void;
  fail(error: unknown): void;
  /** Milliseconds. */
  now(): number;
}

/**
 * Decodes one utterance while it is spoken. Where it is decoded depends on the audio alone, so that the same audio gives
 * the same final, in whatever pieces it comes; only when a step takes longer than the speech it covers do the next ones
 * move apart. When the speaker pauses, the final is decoded ahead of the endpoint.
 */
export class UtteranceDecoder {
  private readonly text: UtteranceText;
  private readonly abort = new AbortController();
  private readonly side = new SideDecode();
  private settling = Promise.resolve();
  private isBusy = false;
  private isEarlierSent = false;
  private steppedAt: number;
  private heardAt: number;
  private steps = 0;
  private stride = 1;
  private readonly belief: LanguageBelief;

  constructor(
    private readonly utterance: UtteranceInProgress,
    private readonly around: DecoderSurroundings,
  ) {
    this.text = new UtteranceText(utterance.audioFrom);
    this.belief = new LanguageBelief(utterance.languages);
    this.steppedAt = this.heardAt = utterance.audioFrom;
    around.earlier.then(
      () => (this.isEarlierSent = true),
      () => undefined,
    );
  }

  /** Audio before it is needed no more, samples. */
  get neededFrom(): number {
    return this.text.windowFrom;
  }

  /**
   * To be called with every frame. Resolves when more audio may come: it waits for a step while the next is due.
   * @param position,speechTo  behind the frame, and behind the last speech; samples
   */
  async hear(position: number, speechTo: number): Promise<void> {
    const { withInterims } = this.around;
    if (withInterims && this.isStepDue(speechTo)) {
      this.side.drop();
      await Promise.all([this.around.earlier, this.settling]);
      // It may have taken so long that this one is passed over.
      if (this.abort.signal.aborted || !this.isStepDue(speechTo)) return;
      this.steppedAt = this.heardAt = speechTo;
      this.steps++;
      this.settling = this.step(position);
    } else if (position - speechTo === samplesOf(POST_ROLL_MS)) {
      // The speaker pauses: should it be the end, its final is under way.
      if (this.stride === 1) this.decodeBeside(position, 'final');
    } else if (position === speechTo) {
      this.side.forgetFinal();
      if (withInterims && speechTo - this.heardAt >= samplesOf(PREVIEW_MS)) this.preview(position);
    }
  }

  /** The whole utterance. Nothing is shown any more. */
  async finish(audioTo: number): Promise<WholeUtterance> {
    const samples = this.samplesTo(audioTo);
    const ahead = this.side.finalOf(audioTo);
    if (!ahead) this.side.drop();
    await this.settling;
    const { signal } = this.abort;
    const heard = await (ahead ?? this.decodeFinal(samples, signal)).catch((error: unknown) => {
      if (!ahead || signal.aborted) throw error;
      return this.decodeFinal(samples, signal);
    });
    this.abort.abort();
    return { ...heard, ...this.belief.completed(heard), words: this.text.whole(heard.words) };
  }

  /** Gives up what is being decoded; nothing is shown any more. */
  stop(): void {
    this.abort.abort();
    this.side.drop();
  }

  private isStepDue(speechTo: number): boolean {
    return speechTo - this.steppedAt >= samplesOf(this.stepMs(speechTo) * this.stride);
  }

  private stepMs(speechTo: number): number {
    if (this.steps === 0) return FIRST_STEP_MS;
    const isUnsure = this.belief.found !== undefined && !this.belief.isSure;
    const earlyMs = isUnsure ? UNSURE_EARLY_MS : EARLY_MS;
    const isEarly = speechTo - this.utterance.audioFrom <= samplesOf(earlyMs);
    return isEarly && !this.text.hasSettled ? EARLY_STEP_MS : STEP_MS;
  }

  private async step(audioTo: number): Promise<void> {
    const { text, around } = this;
    text.trim(audioTo);
    this.isBusy = true;
    const begun = around.now();
    try {
      const samples = this.samplesTo(audioTo);
      const heard = await this.decode(samples, 'partial', this.abort.signal);
      if (this.abort.signal.aborted) return;
      if (heard.words.length === 0) {
        text.forget();
        return;
      }
      // Two hypotheses in different languages agree on nothing.
      if (!text.hasSettled && this.belief.update(heard, secondsOf(samples))) text.forget();
      this.show(this.takeStep(heard, audioTo), audioTo, heard);
    } catch (error) {
      if (!isPassing(error)) around.fail(error);
    } finally {
      const tookMs = around.now() - begun;
      this.stride = Math.min(LONGEST_STRIDE, Math.max(1, Math.ceil(tookMs / STEP_MS)));
      this.isBusy = false;
    }
  }

  private takeStep(heard: Utterance, audioTo: number): InterimText {
    const { text, utterance } = this;
    const { words } = heard;
    if (audioTo > utterance.settleTo) return text.withTail(words);
    return this.belief.isSure ? text.settle(words, audioTo, isLoop(heard)) : text.consider(words);
  }

  /** A hypothesis more, where it costs nobody anything. */
  private preview(audioTo: number): void {
    if (this.isBusy || this.side.isRunning || !this.around.isIdle()) return;
    this.heardAt = audioTo;
    this.decodeBeside(audioTo, 'partial');
  }

  private decodeBeside(audioTo: number, kind: UtteranceOptions['kind']): void {
    const samples = this.samplesTo(audioTo);
    this.side.start(kind === 'final' ? audioTo : undefined, async (signal) => {
      await this.settling;
      if (signal.aborted) throw new AppError('request.cancelled', 'The speaker went on.');
      const heard = await (kind === 'final'
        ? this.decodeFinal(samples, signal)
        : this.decode(samples, kind, signal));
      if (!signal.aborted && heard.words.length > 0)
        this.show(this.text.withTail(heard.words), audioTo, heard);
      return heard;
    });
  }

  /** The window decoded as the utterance's last; what it leaves out or loses in a loop is decoded once more, as a recording. */
  private async decodeFinal(samples: Float32Array, signal: AbortSignal): Promise<Utterance> {
    const { windowFrom, committedTo, hasSettled } = this.text;
    const heard = await this.decode(samples, 'final', signal);
    const restFrom = committedTo - windowFrom;
    const rest = samples.subarray(restFrom);
    return rescued(heard, { rest, restFrom, hasCommitted: hasSettled }, () => {
      // Words that go on from committed ones are in their language.
      const language = hasSettled ? heard.language : undefined;
      return this.decodeIn(rest, { kind: 'final', asRecording: true, language, signal });
    });
  }

  /** The window up to `audioTo`: copied at once, since the stream goes on. */
  private samplesTo(audioTo: number): Float32Array {
    return this.around.slice(this.text.windowFrom, audioTo);
  }

  private decode(
    samples: Float32Array,
    kind: UtteranceOptions['kind'],
    signal: AbortSignal,
  ): Promise<Utterance> {
    const { prefix, hasSettled, isTrimmed } = this.text;
    // Interims go on in the language of the words that are committed; the final asks once more, where it has all the audio.
    const isDecided = isTrimmed || (hasSettled && kind === 'partial');
    const language = isDecided ? this.belief.found?.language : undefined;
    return this.decodeIn(samples, { kind, prefix, language, signal });
  }

  private async decodeIn(samples: Float32Array, options: UtteranceOptions): Promise<Utterance> {
    const { languages } = this.utterance;
    const told = languages.told.language ?? options.language;
    if (told !== undefined) return this.around.recognize(samples, { ...options, language: told });
    // What was spoken before counts, wherever the audio came faster than it was decoded.
    await this.around.earlier;
    const choice = this.belief.choice(secondsOf(samples));
    const among = languages.told.languages;
    return this.around.recognize(samples, { ...options, languages: among, choice });
  }

  private show(interim: InterimText, audioTo: number, heard: Utterance): void {
    if (interim.text === '' || !this.around.withInterims || !this.isEarlierSent) return;
    const { id, audioFrom } = this.utterance;
    const span = { id, startMs: msOf(audioFrom), endMs: msOf(audioTo) };
    this.around.show(interimResult(span, interim, this.belief.completed(heard)));
  }
}

function secondsOf(samples: Float32Array): number {
  return msOf(samples.length) / 1000;
}

/** A hypothesis that could not be had now is no fault of the stream: its final will come. */
function isPassing(error: unknown): boolean {
  return (
    isAppError(error) &&
    (error.code === 'request.cancelled' ||
      error.code === 'inference.overloaded' ||
      error.code === 'inference.interrupted')
  );
}
