import type { Degradation, SpeechWord } from '@parlance/contracts';
import { cancelled } from '@parlance/errors';
import type { KeptSpeech } from './speech-cache.service.js';

/** Who speaks, known with the first audio. */
export interface Speaker {
  readonly engine: string;
  readonly voice: string;
  /** Where another engine speaks than the one first chosen. */
  readonly degraded?: Degradation;
}

/** Speech that is kept, as it came to be. */
export type MadeSpeech = KeptSpeech & Pick<Speaker, 'degraded'>;

/** Speech while it is made: any number of readers read it from its beginning, and it stops when the last one leaves. */
export class SpeechInTheMaking {
  readonly parts: Buffer[] = [];
  private readonly stop = new AbortController();
  private readonly begun = Promise.withResolvers<Speaker>();
  private readonly kept = Promise.withResolvers<MadeSpeech>();
  private readonly timed = Promise.withResolvers<readonly SpeechWord[]>();
  private news = Promise.withResolvers<void>();
  private listeners = 0;
  private hasBegun = false;
  private isWhole = false;

  constructor() {
    for (const { promise } of [this.begun, this.kept, this.timed]) promise.catch(() => undefined);
  }

  /** Aborts when the last reader has left. */
  get signal(): AbortSignal {
    return this.stop.signal;
  }

  get hasAudio(): boolean {
    return this.hasBegun;
  }

  /** Resolves with the first audio. */
  get speaker(): Promise<Speaker> {
    return this.begun.promise;
  }

  /** Resolves when it is in the store. */
  get result(): Promise<MadeSpeech> {
    return this.kept.promise;
  }

  /** Resolves with the end of the audio. */
  get words(): Promise<readonly SpeechWord[]> {
    return this.timed.promise;
  }

  begin(speaker: Speaker): void {
    this.hasBegun = true;
    this.begun.resolve(speaker);
  }

  add(part: Buffer): void {
    this.parts.push(part);
    this.tell();
  }

  end(words: readonly SpeechWord[]): void {
    this.isWhole = true;
    this.timed.resolve(words);
    this.tell();
  }

  keep(speech: MadeSpeech): void {
    this.kept.resolve(speech);
  }

  fail(error: unknown): void {
    this.begun.reject(error);
    this.kept.reject(error);
    this.timed.reject(error);
    // Only a fault while it is made concerns those who listen; they have all of it once it is whole.
    if (!this.isWhole) this.news.reject(error);
    this.news.promise.catch(() => undefined);
  }

  /** Holds the work until released. */
  listen(signal: AbortSignal): () => void {
    this.listeners += 1;
    let listening = true;
    const leave = (): void => {
      if (!listening) return;
      listening = false;
      this.listeners -= 1;
      signal.removeEventListener('abort', leave);
      if (this.listeners === 0 && !this.isWhole) this.stop.abort(cancelled());
    };
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    return leave;
  }

  async *read(leave: () => void): AsyncGenerator<Buffer> {
    try {
      for (let next = 0; ;) {
        while (next < this.parts.length) yield this.parts[next++]!;
        if (this.isWhole) return;
        await this.news.promise;
      }
    } finally {
      leave();
    }
  }

  private tell(): void {
    this.news.resolve();
    this.news = Promise.withResolvers();
  }
}
