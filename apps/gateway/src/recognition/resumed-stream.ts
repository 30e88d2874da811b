import type { StreamingRecognizeRequest } from '@parlance/contracts';
import { toAppError, type AppError } from '@parlance/errors';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';
import type { LiveStream, RecognitionEvent } from './live-stream.js';

/** Audio behind the last final that is held for another recogniser: the longest utterance. */
const MOST_HELD_MS = 30_000;
/** Recognisers asked after one final, before the next. */
const MOST_RESUMPTIONS = 2;

export interface ResumptionOptions {
  /** Whether another recogniser may go on behind a fault. */
  readonly isResumable: (fault: AppError) => boolean;
  /** @throws AppError where there is none */
  readonly reopen: () => Promise<LiveStream>;
}

/** A live stream that another recogniser takes over where the one it is at breaks off: what is not yet final is recognised anew.
 *  Audio is 16 kHz mono s16le. Iterate once. */
export class ResumedStream implements LiveStream {
  private held: Buffer[] = [];
  private heldMs = 0;
  /** Where what is held begins in the stream. */
  private heldFromMs = 0;
  /** Where the recogniser's own stream begins. */
  private offsetMs = 0;
  /** Resolves when audio may go to the recogniser. */
  private ready: Promise<void> = Promise.resolve();
  private resumptions = 0;
  private hasEnded = false;
  private isCancelled = false;

  constructor(
    private stream: LiveStream,
    private readonly options: ResumptionOptions,
  ) {}

  async send(request: StreamingRecognizeRequest): Promise<void> {
    await this.ready;
    if (request.audio) this.hold(request.audio as Buffer);
    await this.stream.send(request);
  }

  end(): void {
    this.hasEnded = true;
    void this.ready.then(() => this.stream.end());
  }

  cancel(): void {
    this.isCancelled = true;
    this.stream.cancel();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<RecognitionEvent> {
    for (let isFirst = true; ; isFirst = false) {
      try {
        for await (const event of this.stream) {
          // The client knows already that somebody recognises.
          if (event.started && !isFirst) continue;
          yield this.placed(event);
        }
        return;
      } catch (error) {
        await this.resume(toAppError(error));
      }
    }
  }

  /** @throws AppError the fault, where nobody takes over */
  private async resume(fault: AppError): Promise<void> {
    this.resumptions += 1;
    if (this.isCancelled || this.resumptions > MOST_RESUMPTIONS || !this.options.isResumable(fault))
      throw fault;
    const { promise, resolve } = Promise.withResolvers<void>();
    const hadEnded = this.hasEnded;
    this.ready = promise;
    try {
      const stream = await this.options.reopen().catch(() => {
        throw fault;
      });
      this.stream = stream;
      if (this.isCancelled) stream.cancel();
      this.offsetMs = this.heldFromMs;
      // Where this one breaks off too, its events say so.
      void this.replay(stream)
        .catch(() => undefined)
        .finally(() => {
          resolve();
          if (hadEnded) stream.end();
        });
    } catch (error) {
      resolve();
      throw error;
    }
  }

  /** Beside the reading: who takes audio may wait until its events are read. */
  private async replay(stream: LiveStream): Promise<void> {
    for (const audio of [...this.held]) await stream.send({ audio });
  }

  private hold(audio: Buffer): void {
    this.held.push(audio);
    this.heldMs += audio.length / PCM_BYTES_PER_MS;
    this.release(this.heldFromMs + this.heldMs - MOST_HELD_MS);
  }

  /** Forgets whole frames before a time of the stream. */
  private release(beforeMs: number): void {
    for (let [first] = this.held; first; [first] = this.held) {
      const ms = first.length / PCM_BYTES_PER_MS;
      if (this.heldFromMs + ms > beforeMs) return;
      this.held.shift();
      this.heldMs -= ms;
      this.heldFromMs += ms;
    }
  }

  /** The event with the times of the whole stream. */
  private placed(event: RecognitionEvent): RecognitionEvent {
    const { offsetMs } = this;
    const placed = offsetMs === 0 ? event : moved(event, Math.round(offsetMs));
    if (placed.result?.isFinal) {
      this.resumptions = 0;
      this.release(placed.result.endMs);
    }
    return placed;
  }
}

function moved(event: RecognitionEvent, byMs: number): RecognitionEvent {
  const { result, endpoint, summary } = event;
  const at = <T extends { readonly startMs: number; readonly endMs: number }>(one: T): T => ({
    ...one,
    startMs: one.startMs + byMs,
    endMs: one.endMs + byMs,
  });
  if (result) {
    const segments = result.segments.map((segment) => ({ ...at(segment), words: segment.words.map(at) }));
    return { ...event, result: { ...at(result), words: result.words.map(at), segments } };
  }
  if (endpoint) return { ...event, endpoint: { ...endpoint, atMs: endpoint.atMs + byMs } };
  if (summary) return { ...event, summary: { ...summary, audioMs: summary.audioMs + byMs } };
  return event;
}
