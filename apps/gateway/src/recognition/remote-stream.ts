import { ulid } from 'ulid';
import type { RecognitionResult__Output, StreamingRecognizeRequest } from '@parlance/contracts';
import { AppError, cancelled, toAppError } from '@parlance/errors';
import { EventQueue } from '../live/event-queue.js';
import type { LiveStream, RecognitionEvent } from './live-stream.js';
import type { ChainTranscript } from './recognizer.js';
import { UtteranceSplitter, type SplitEvent, type SplitterOptions } from './utterance-splitter.js';

/** Utterances that wait for the recogniser; while there are more, no audio is taken. */
const MOST_WAITING = 2;

export interface RemoteStreamOptions extends SplitterOptions {
  /** What the stream says it is recognised by. */
  readonly model: string;
  /** After so long, behind a final, the stream ends by service.draining: there may be pods again. */
  readonly returnAfterMs: number;
  /** Recognises one utterance. @throws AppError recognition.unavailable */
  readonly transcribe: (pcm: Buffer, signal: AbortSignal) => Promise<ChainTranscript>;
}

/** A live stream for recognisers that take whole utterances: no interims, a final for each. Iterate once. */
export class RemoteStream implements LiveStream {
  private readonly splitter: UtteranceSplitter;
  private readonly events = new EventQueue<RecognitionEvent>();
  private readonly leave = new AbortController();
  private readonly returnAt: number;
  /** One utterance after the other. */
  private work: Promise<void> = Promise.resolve();
  private waiting = 0;
  private isOver = false;
  private utteranceId = ulid();
  /** The utterance that has ended last. */
  private newestEnded = '';

  constructor(private readonly options: RemoteStreamOptions) {
    this.splitter = new UtteranceSplitter(options);
    this.returnAt = performance.now() + options.returnAfterMs;
    void this.tell({ event: 'started', started: { streamId: ulid(), model: options.model } });
  }

  /** Resolves when there is room for more. */
  async send({ audio, control }: StreamingRecognizeRequest): Promise<void> {
    if (this.isOver) return;
    if (audio) this.passAll(this.splitter.push(audio as Buffer));
    if (control === 'CONTROL_FINALIZE') this.finalize();
    if (this.waiting > MOST_WAITING) await this.work;
  }

  /** No more audio; the last final and the summary follow. */
  end(): void {
    if (this.isOver) return;
    this.passAll(this.splitter.finalize());
    this.isOver = true;
    const { audioMs } = this.splitter;
    void this.work.then(() => {
      void this.tell({ event: 'summary', summary: { audioMs, language: '', measures: null, scores: null } });
      this.events.end();
    });
  }

  cancel(): void {
    this.isOver = true;
    this.leave.abort();
    this.events.fail(cancelled());
  }

  /** @throws AppError recognition.unavailable where nobody recognises */
  [Symbol.asyncIterator](): AsyncGenerator<RecognitionEvent> {
    return this.events[Symbol.asyncIterator]();
  }

  /** Ends what is spoken, and tells which final is the last one of what was said before. */
  private finalize(): void {
    this.passAll(this.splitter.finalize());
    const last = this.waiting > 0 ? this.newestEnded : '';
    void this.tellEndpoint('ENDPOINT_KIND_FINALIZED', this.splitter.audioMs, last, 0);
  }

  private passAll(events: readonly SplitEvent[]): void {
    for (const event of events) this.pass(event);
  }

  private pass(event: SplitEvent): void {
    const { utteranceId } = this;
    if (event.kind !== 'ended') {
      const kind =
        event.kind === 'started' ? 'ENDPOINT_KIND_SPEECH_STARTED' : 'ENDPOINT_KIND_SPEECH_CONFIRMED';
      // Few come of an utterance: nobody waits until they are read.
      void this.tellEndpoint(kind, event.atMs, utteranceId, event.voicedMs);
      return;
    }
    this.newestEnded = utteranceId;
    this.utteranceId = ulid();
    this.waiting += 1;
    this.work = this.work
      .then(() => this.recognize(event, utteranceId))
      .catch((error: unknown) => this.fail(error))
      .finally(() => (this.waiting -= 1));
  }

  private async recognize(
    { pcm, startMs, endMs }: Extract<SplitEvent, { kind: 'ended' }>,
    utteranceId: string,
  ): Promise<void> {
    const { signal } = this.leave;
    if (signal.aborted) return;
    const transcript = await this.options.transcribe(pcm, signal);
    const { degraded } = transcript;
    if (transcript.text !== '') {
      const result = finalOf(transcript, { startMs, endMs, utteranceId });
      await this.tell({ event: 'result', result, degraded });
    }
    await this.tellEndpoint('ENDPOINT_KIND_UTTERANCE_END', endMs, utteranceId, 0);
    const isIdle = this.waiting === 1 && !this.splitter.isSpeaking;
    if (isIdle && !this.isOver && performance.now() >= this.returnAt)
      throw new AppError('service.draining', 'The remote recogniser gives the stream back.');
  }

  private fail(error: unknown): void {
    this.isOver = true;
    this.leave.abort();
    this.events.fail(toAppError(error));
  }

  private tellEndpoint(
    kind: NonNullable<RecognitionEvent['endpoint']>['kind'],
    atMs: number,
    utteranceId: string,
    voicedMs: number,
  ): Promise<void> {
    return this.tell({
      event: 'endpoint',
      endpoint: { kind, atMs, utteranceId, speechProbability: 0, voicedMs },
    });
  }

  /** Resolves when the event is read: what is told before a fault is not lost by it. */
  private tell(event: RecognitionEvent): Promise<void> {
    return this.events.put(event);
  }
}

/** An utterance's transcript as a final of its stream. */
function finalOf(
  { text, language, words }: ChainTranscript,
  at: Pick<RecognitionResult__Output, 'startMs' | 'endMs' | 'utteranceId'>,
): RecognitionResult__Output {
  const { startMs } = at;
  return {
    ...at,
    isFinal: true,
    stability: 1,
    text,
    stableLength: text.length,
    words: words.map((word) => ({ ...word, startMs: word.startMs + startMs, endMs: word.endMs + startMs })),
    segments: [],
    language,
    measures: null,
    scores: null,
  };
}
