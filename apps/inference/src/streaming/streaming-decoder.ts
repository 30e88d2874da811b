import type { RingBuffer } from '@parlance/audio';
import { AppError, isAppError } from '@parlance/errors';
import { POST_ROLL_MS, samplesOf } from '@parlance/vad';
import { textOf, type Utterance, type UtteranceOptions } from '@parlance/whisper';
import { LanguageBelief, type LanguageFinding, type SessionLanguages } from './language-belief.js';
import type { PodView } from './pod-view.js';
import { ResultQueue } from './result-queue.js';
import { StepSchedule } from './step-schedule.js';
import { isRepetitive, secondsOf, WindowRecognizer, type StreamRecognizer } from './stream-recognizer.js';
import { UtteranceText, type InterimText } from './utterance-text.js';

/** The utterance to decode. Positions are samples of the stream. */
export interface UtteranceStart {
  readonly id: string;
  readonly audioFrom: number;
  /** No word is committed in audio that reaches further: the utterance may yet be cut behind it. */
  readonly commitTo: number;
  readonly languages: SessionLanguages;
  readonly withInterims: boolean;
}

/** What an utterance's decoder yields: interims, at last the final, whose words have times of the stream. `audioTo` is the end of the
 *  audio in it, samples. */
export type DecoderResult =
  | {
      readonly isFinal: false;
      readonly audioTo: number;
      readonly interim: InterimText;
      readonly language: LanguageFinding;
    }
  | { readonly isFinal: true; readonly audioTo: number; readonly utterance: Utterance };

/**
 * Decodes one utterance while it is spoken. Steps of a schedule commit words; extra interims between them and the final,
 * which is decoded ahead when the speaker pauses, run beside them. Until somebody reads the results there are no interims,
 * and a step that is due waits: the results of the utterance before come first.
 */
export class StreamingDecoder {
  private readonly text: UtteranceText;
  private readonly belief: LanguageBelief;
  private readonly schedule: StepSchedule;
  private readonly window: WindowRecognizer;
  private readonly output = new ResultQueue<DecoderResult>();
  private readonly abort = new AbortController();
  private readonly side = new SideDecode();
  private stepping = Promise.resolve();
  private isStepping = false;

  /** @param audio  the stream's samples; those from `neededFrom` on must stay in it */
  constructor(
    private readonly utterance: UtteranceStart,
    private readonly audio: RingBuffer,
    recognizer: StreamRecognizer,
    private readonly pod: PodView,
  ) {
    this.text = new UtteranceText(utterance.audioFrom);
    this.belief = new LanguageBelief(utterance.languages);
    this.schedule = new StepSchedule(utterance.audioFrom, this.text, this.belief);
    this.window = new WindowRecognizer(utterance.id, recognizer, this.text, this.belief, this.output);
  }

  /** The text up to the pause that the speaker is in, once it is decoded. */
  get textAtPause(): { readonly text: string; readonly language: string } | undefined {
    const decoded = this.side.decodedFinal;
    return decoded && { text: textOf(this.text.whole(decoded.words)), language: decoded.language };
  }

  /** Audio before it is no longer needed, samples. */
  get neededFrom(): number {
    return this.text.windowFrom;
  }

  /** Interims, then the final. Iterate once. Ends without a final after `stop`. @throws what made a step or the final fail */
  results(): AsyncIterable<DecoderResult> {
    return this.output;
  }

  /**
   * Tells of one frame more in the audio. Resolves when there is room for the next: it waits for a step while another is due.
   * @param audioTo,speechTo  end of the frame, and end of the last speech; samples
   * @throws what `stop` was given
   */
  async push(audioTo: number, speechTo: number): Promise<void> {
    const { schedule, utterance } = this;
    if (utterance.withInterims && schedule.isStepDue(speechTo)) {
      this.side.drop();
      await Promise.all([this.output.reading, this.stepping]);
      // It may have taken so long that this step is skipped.
      if (this.abort.signal.aborted || !schedule.isStepDue(speechTo)) return;
      schedule.step(speechTo);
      this.stepping = this.step(audioTo);
    } else if (audioTo - speechTo === samplesOf(POST_ROLL_MS)) {
      // The speaker pauses: should it be the end, the final is under way.
      if (schedule.isRealTime) this.decodeBeside(audioTo, 'final');
    } else if (audioTo === speechTo) {
      this.side.forgetFinal();
      if (utterance.withInterims && schedule.isExtraDue(speechTo)) this.extraInterim(audioTo);
    }
  }

  /** The utterance ends here: decodes its final, at once and whether or not the results are read. */
  end(audioTo: number): void {
    this.decodeWhole(audioTo).then(
      (utterance) => {
        this.output.push({ isFinal: true, audioTo, utterance });
        this.output.end();
        this.abort.abort();
      },
      (error: unknown) => this.output.fail(error),
    );
  }

  /** Cancels the decoding in progress and ends the results.
   *  @param reason  why the results will not be read, thrown to the caller that waits for them */
  stop(reason?: unknown): void {
    this.abort.abort();
    this.side.drop();
    this.output.abandon(reason);
  }

  private async decodeWhole(audioTo: number): Promise<Utterance> {
    const samples = this.samplesTo(audioTo);
    const ahead = this.side.finalOf(audioTo);
    if (!ahead) this.side.drop();
    await this.stepping;
    const { signal } = this.abort;
    const final = await (ahead ?? this.window.recognizeFinal(samples, signal)).catch((error: unknown) => {
      if (!ahead || signal.aborted) throw error;
      return this.window.recognizeFinal(samples, signal);
    });
    return { ...final, ...this.belief.completed(final), words: this.text.whole(final.words) };
  }

  private async step(audioTo: number): Promise<void> {
    const { text, pod } = this;
    text.trim(audioTo);
    this.isStepping = true;
    const begun = pod.now();
    try {
      const samples = this.samplesTo(audioTo);
      const decoded = await this.window.recognize(samples, 'partial', this.abort.signal);
      if (this.abort.signal.aborted) return;
      if (decoded.words.length === 0) {
        text.forgetOpen();
        return;
      }
      // Two interims in different languages agree on nothing.
      if (!text.hasCommitted && this.belief.update(decoded, secondsOf(samples))) text.forgetOpen();
      this.pushInterim(this.committed(decoded, audioTo), audioTo, decoded);
    } catch (error) {
      if (!isPassing(error)) this.output.fail(error);
    } finally {
      this.schedule.stepTook(pod.now() - begun);
      this.isStepping = false;
    }
  }

  private committed(decoded: Utterance, audioTo: number): InterimText {
    const { text, utterance } = this;
    const { words } = decoded;
    if (audioTo > utterance.commitTo) return text.withTail(words);
    return this.belief.isSure ? text.commit(words, audioTo, isRepetitive(decoded)) : text.keepOpen(words);
  }

  /** One interim more, where it costs nobody anything. */
  private extraInterim(audioTo: number): void {
    if (this.isStepping || this.side.isRunning || !this.pod.isIdle()) return;
    this.schedule.extra(audioTo);
    this.decodeBeside(audioTo, 'partial');
  }

  private decodeBeside(audioTo: number, kind: UtteranceOptions['kind']): void {
    const samples = this.samplesTo(audioTo);
    this.side.start(kind === 'final' ? audioTo : undefined, async (signal) => {
      await this.stepping;
      if (signal.aborted) throw new AppError('request.cancelled', 'The speaker went on.');
      const decoded = await (kind === 'final'
        ? this.window.recognizeFinal(samples, signal)
        : this.window.recognize(samples, kind, signal));
      if (!signal.aborted && decoded.words.length > 0)
        this.pushInterim(this.text.withTail(decoded.words), audioTo, decoded);
      return decoded;
    });
  }

  /** The window up to `audioTo`: copied at once, since the stream continues. */
  private samplesTo(audioTo: number): Float32Array {
    return this.audio.slice(this.text.windowFrom, audioTo);
  }

  private pushInterim(interim: InterimText, audioTo: number, decoded: Utterance): void {
    if (interim.text === '' || !this.utterance.withInterims || !this.output.isRead) return;
    this.output.push({ isFinal: false, audioTo, interim, language: this.belief.completed(decoded) });
  }
}

interface SideRun {
  readonly abort: AbortController;
  readonly decoded: Promise<Utterance>;
  /** The audio to here was taken for the whole utterance; undefined once it is known not to be. */
  finalTo: number | undefined;
  isRunning: boolean;
  result: Utterance | undefined;
}

/** Decodes parts of an utterance beside its steps, one at a time. It commits nothing and can be cancelled at any time. */
class SideDecode {
  private current: SideRun | undefined;

  get isRunning(): boolean {
    return this.current?.isRunning ?? false;
  }

  /** Starts a decode and cancels the one before.
   *  @param finalTo  end of the utterance, samples, where this may be its final */
  start(finalTo: number | undefined, decode: (signal: AbortSignal) => Promise<Utterance>): void {
    this.drop();
    const abort = new AbortController();
    const decoded = decode(abort.signal);
    const run: SideRun = { abort, decoded, finalTo, isRunning: true, result: undefined };
    const over = (result?: Utterance): void => {
      run.isRunning = false;
      run.result = result;
    };
    decoded.then(over, () => over());
    this.current = run;
  }

  /** The final of the utterance, should it end here; undefined where it is not being decoded. */
  finalOf(audioTo: number): Promise<Utterance> | undefined {
    return this.current?.finalTo === audioTo ? this.current.decoded : undefined;
  }

  /** The final of the utterance as it is now, once it is decoded. */
  get decodedFinal(): Utterance | undefined {
    return this.current?.finalTo === undefined ? undefined : this.current.result;
  }

  /** The speaker continues: the decode in progress is an interim like any other. */
  forgetFinal(): void {
    if (this.current) this.current.finalTo = undefined;
  }

  drop(): void {
    this.current?.abort.abort();
    this.current = undefined;
  }
}

/** An interim that cannot be decoded now is no fault of the stream: its final follows. */
function isPassing(error: unknown): boolean {
  return (
    isAppError(error) &&
    (error.code === 'request.cancelled' ||
      error.code === 'inference.overloaded' ||
      error.code === 'inference.interrupted')
  );
}
