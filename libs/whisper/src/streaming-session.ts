import { Readable } from 'node:stream';
import { RingBuffer } from '@parlance/audio';
import { ENDPOINTING } from '@parlance/contracts';
import {
  Endpointer,
  msOf,
  samplesOf,
  type Endpoint,
  type EndpointerOptions,
  type VoiceActivityDetector,
} from '@parlance/vad';
import { textOf, type RecognizedWord, type Pcm, type UtteranceOptions, type Word } from './options.js';
import { toFloats } from './recording.js';
import type { UtteranceRecognizer } from './utterance-recognizer.js';
import { mergePunctuation } from './word-timing.js';

export interface StreamingOptions extends Pick<
  UtteranceOptions,
  'language' | 'languages' | 'task' | 'decoding' | 'temperature'
> {
  /** Results while somebody speaks, which may still change; default true. */
  readonly interimResults?: boolean | undefined;
  /** When an utterance begins and ends; what is left out has its default. */
  readonly endpointing?: Partial<EndpointerOptions> | undefined;
}

/** The result of one utterance; milliseconds from the stream's start. */
export interface StreamingResult {
  /** It does not change any more. */
  readonly isFinal: boolean;
  readonly text: string;
  readonly words: readonly Word[];
  readonly startMs: number;
  readonly endMs: number;
  readonly language: string;
}

const DEFAULT_ENDPOINTING: EndpointerOptions = {
  threshold: ENDPOINTING.threshold.usual,
  silenceMs: ENDPOINTING.silenceMs.usual,
  maxUtteranceMs: ENDPOINTING.maxUtteranceMs.usual,
};
/** Speech between two interim results. */
const INTERIM_STEP = samplesOf(1000);
const IDLE_BUFFER_MS = 1000;

/** One stream of speech: cut into utterances by voice activity, each decoded while it is spoken and once more at its end. */
export class StreamingSession implements AsyncIterable<StreamingResult> {
  private readonly buffer = new RingBuffer(samplesOf(IDLE_BUFFER_MS));
  private readonly endpointer: Endpointer;
  private readonly abort = new AbortController();
  private readonly results = new Readable({ objectMode: true, read: () => undefined });
  private interim: Promise<void> | undefined;
  private interimTo = 0;

  constructor(
    private readonly recognizer: UtteranceRecognizer,
    private readonly detector: VoiceActivityDetector,
    private readonly options: StreamingOptions,
  ) {
    this.endpointer = new Endpointer({ ...DEFAULT_ENDPOINTING, ...options.endpointing });
  }

  /** Pushes the next samples, 16 kHz mono. Resolves when there is room for more; calls must not overlap.
   *  @throws AppError as decoding does; the results' iterator throws it too */
  async push(samples: Pcm): Promise<void> {
    await this.advance(samples).catch((error: Error) => this.fail(error));
  }

  /** Ends the samples: the last final follows, and the results end. */
  async end(): Promise<void> {
    for (const endpoint of this.endpointer.finalize(this.buffer.end))
      await this.handle(endpoint).catch((error: Error) => this.fail(error));
    await this.interim;
    this.results.push(null);
  }

  /** Cancels the decoding in progress; the results end. */
  stop(): void {
    this.abort.abort();
    this.results.push(null);
  }

  [Symbol.asyncIterator](): AsyncIterator<StreamingResult> {
    return this.results[Symbol.asyncIterator]();
  }

  private async advance(samples: Pcm): Promise<void> {
    const floats = toFloats(samples);
    this.buffer.push(floats);
    for (const probability of await this.detector.detect(floats, this.abort.signal)) {
      for (const endpoint of this.endpointer.push(probability)) await this.handle(endpoint);
      this.showInterim();
    }
    this.buffer.release(this.endpointer.neededFrom);
  }

  private fail(error: Error): never {
    if (!this.abort.signal.aborted) this.results.destroy(error);
    throw error;
  }

  private async handle(endpoint: Endpoint): Promise<void> {
    if (endpoint.kind === 'started') {
      this.interimTo = endpoint.audioFrom;
      return;
    }
    await this.interim;
    await this.decode('final', endpoint.audioFrom, endpoint.audioTo);
  }

  /** One interim at a time; where decoding takes longer than speaking there are fewer. */
  private showInterim(): void {
    const { audioFrom, speechTo } = this.endpointer;
    const { interimResults = true } = this.options;
    if (
      !interimResults ||
      this.interim ||
      audioFrom === undefined ||
      speechTo - this.interimTo < INTERIM_STEP
    )
      return;
    this.interimTo = speechTo;
    this.interim = this.decode('partial', audioFrom, speechTo)
      .catch((error: Error) => void this.results.destroy(error))
      .finally(() => (this.interim = undefined));
  }

  private async decode(kind: UtteranceOptions['kind'], from: number, to: number): Promise<void> {
    const { language, languages, task, decoding, temperature } = this.options;
    const { signal } = this.abort;
    const asked = { language, languages, task, decoding, temperature, kind, signal };
    const recognized = await this.recognizer.recognizeUtterance('', this.buffer.slice(from, to), asked);
    if (recognized.words.length === 0 || signal.aborted) return;
    const startMs = msOf(from);
    const result: StreamingResult = {
      isFinal: kind === 'final',
      text: textOf(recognized.words),
      words: wordsOf(recognized.words, startMs),
      startMs,
      endMs: msOf(to),
      language: recognized.language,
    };
    this.results.push(result);
  }
}

/** Closing marks go to the word before them. */
function wordsOf(recognized: readonly RecognizedWord[], originMs: number): Word[] {
  const aligned = recognized.map(({ text, tokens, startMs, endMs, confidence }) => ({
    text,
    tokens: [...tokens],
    start: startMs,
    end: endMs,
    probability: confidence,
  }));
  return mergePunctuation(aligned)
    .filter(({ text }) => text !== '')
    .map(({ text, start, end, probability }) => ({
      text: text.trim(),
      startMs: originMs + start,
      endMs: originMs + end,
      confidence: probability,
    }));
}
