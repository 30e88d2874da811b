import { ulid } from 'ulid';
import { RingBuffer } from '#libs/audio';
import type { SpeechMeasures__Output, StreamingRecognizeResponse } from '#libs/contracts';
import { FrameMeter } from '../analytics/frame-measures.js';
import { SpeechMeter } from '../analytics/speech-meter.js';
import { Endpointer, type Endpoint } from '../vad/endpointer.js';
import { msOf, samplesOf } from '../vad/frames.js';
import type { VoiceActivityDetector } from '../vad/voice-activity.service.js';
import type { Utterance, UtteranceOptions } from '../whisper/recognition.types.js';
import { FrameLog } from './frame-log.js';
import { InterimDecoder, type UtteranceInProgress } from './interim-decoder.js';
import { finalResult } from './results.js';
import type { StreamConfig } from './stream-config.js';

export type RecognizeUtterance = (
  utteranceId: string,
  samples: Float32Array,
  options: UtteranceOptions,
) => Promise<Utterance>;

/** Where a session's events go. */
export interface EventSink {
  readonly isCongested: boolean;
  send(event: StreamingRecognizeResponse): Promise<void>;
  /** Called once something the session does on its own has failed. */
  stop(error: unknown): void;
}

/** Utterances whose final is being decoded; with so many, no more audio is taken. */
const MAX_PENDING_FINALS = 3;
const IDLE_BUFFER_MS = 1000;

/** One person speaking: cuts their audio into utterances, shows hypotheses while they speak and a final after each. */
export class LiveSession {
  private readonly buffer = new RingBuffer(samplesOf(IDLE_BUFFER_MS));
  private readonly endpointer: Endpointer;
  private readonly frameMeter = new FrameMeter();
  private readonly frames = new FrameLog();
  private readonly meter = new SpeechMeter();
  private current: (UtteranceInProgress & { readonly interims: InterimDecoder | undefined }) | undefined;
  private finals: Promise<void>[] = [];
  private lastFinal: Promise<void> = Promise.resolve();
  private language: string;

  constructor(
    private readonly config: StreamConfig,
    private readonly detector: VoiceActivityDetector,
    private readonly recognize: RecognizeUtterance,
    private readonly sink: EventSink,
    private readonly signal: AbortSignal,
  ) {
    this.endpointer = new Endpointer(config.endpointing);
    this.language = config.recognition.language ?? 'en';
  }

  get isSpeaking(): boolean {
    return this.current !== undefined;
  }

  get audioMs(): number {
    return msOf(this.buffer.end);
  }

  get spokenLanguage(): string {
    return this.language;
  }

  /** Takes the next samples; resolves when there is room for more. Calls must not overlap. */
  async accept(samples: Float32Array): Promise<void> {
    if (samples.length === 0) return;
    this.buffer.push(samples);
    const probabilities = await this.detector.detect(samples, this.signal);
    for (const frame of this.frameMeter.add(samples, probabilities)) {
      this.meter.addFrame(frame);
      this.frames.push(frame);
      for (const endpoint of this.endpointer.push(frame.probability)) await this.handle(endpoint);
    }
    this.buffer.release(this.endpointer.neededFrom);
    this.frames.release(this.endpointer.neededFrom);
    this.current?.interims?.poke();
  }

  /** Ends the utterance being spoken now, as the client asks; its final follows. */
  async finalize(): Promise<void> {
    for (const endpoint of this.endpointer.finalize(this.buffer.end)) await this.handle(endpoint);
  }

  /** Resolves when every final has been sent. */
  async flush(): Promise<void> {
    await this.lastFinal;
  }

  measures(source: { peakDbfs: number; clippingRatio: number }): SpeechMeasures__Output {
    return this.meter.measures(source);
  }

  /** Gives up what is being decoded. */
  stop(): void {
    this.current?.interims?.stop();
    this.current = undefined;
  }

  private async handle(endpoint: Endpoint): Promise<void> {
    if (endpoint.kind === 'started') return this.begin(endpoint.audioFrom, endpoint.speechFrom);
    await this.end(endpoint.audioFrom, endpoint.audioTo);
  }

  private async begin(audioFrom: number, speechFrom: number): Promise<void> {
    const utterance = { id: ulid(), audioFrom };
    this.current = {
      ...utterance,
      interims: this.config.interimResults ? this.interimsOf(utterance) : undefined,
    };
    await this.sink.send({
      endpoint: { kind: 'SPEECH_STARTED', atMs: msOf(speechFrom), utteranceId: utterance.id },
    });
  }

  private async end(audioFrom: number, audioTo: number): Promise<void> {
    const id = this.current?.id ?? ulid();
    this.current?.interims?.stop();
    this.current = undefined;
    await this.sink.send({ endpoint: { kind: 'UTTERANCE_END', atMs: msOf(audioTo), utteranceId: id } });
    const final = this.decodeFinal(id, audioFrom, audioTo);
    // Finals may be decoded side by side, but they leave in the order in which they were spoken.
    this.lastFinal = Promise.all([this.lastFinal, final]).then(async ([, result]) => {
      await this.sink.send({ result });
    });
    this.lastFinal.catch((error: unknown) => this.sink.stop(error));
    this.finals.push(this.lastFinal);
    if (this.finals.length > MAX_PENDING_FINALS) await this.finals.shift();
  }

  private async decodeFinal(id: string, audioFrom: number, audioTo: number) {
    const { wordTimestamps = false } = this.config.recognition;
    const meter = new SpeechMeter(msOf(audioFrom));
    for (const frame of this.frames.between(audioFrom, audioTo)) meter.addFrame(frame);
    const samples = this.buffer.slice(audioFrom, audioTo);
    const heard = await this.recognize(id, samples, { kind: 'final', wordTimestamps, signal: this.signal });
    const words = heard.text === '' ? 0 : heard.text.split(/\s+/).length;
    meter.addWords(words);
    this.meter.addWords(words);
    this.language = heard.language;
    const span = { id, startMs: msOf(audioFrom), endMs: msOf(audioTo) };
    return finalResult(span, heard, meter.measures(), wordTimestamps);
  }

  private interimsOf(utterance: UtteranceInProgress): InterimDecoder {
    const { endpointer, buffer, sink } = this;
    // Never ahead of an earlier utterance's final, and never more than the client reads.
    let isEarlierSent = false;
    void this.lastFinal.then(
      () => (isEarlierSent = true),
      () => undefined,
    );
    return new InterimDecoder(
      utterance,
      {
        get isOpen() {
          return isEarlierSent && !sink.isCongested;
        },
        get speechTo() {
          return endpointer.speechTo;
        },
        get end() {
          return buffer.end;
        },
        slice: (from, to) => buffer.slice(from, to),
      },
      (samples, options) => this.recognize(utterance.id, samples, options),
      (result) => void sink.send({ result }),
      (error) => sink.stop(error),
    );
  }
}
