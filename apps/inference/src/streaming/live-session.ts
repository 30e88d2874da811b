import { ulid } from 'ulid';
import { RingBuffer } from '@parlance/audio';
import type {
  RecognitionResult,
  SpeechMeasures__Output,
  StreamingRecognizeResponse,
} from '@parlance/contracts';
import { FrameMeter } from '../analytics/frame-measures.js';
import { SpeechMeter } from '../analytics/speech-meter.js';
import { Endpointer, type Endpoint } from '../vad/endpointer.js';
import { msOf, samplesOf, VAD_FRAME_SAMPLES } from '../vad/frames.js';
import type { VoiceActivityDetector } from '../vad/voice-activity.service.js';
import type { Utterance, UtteranceOptions } from '../whisper/utterance.types.js';
import { FrameLog } from './frame-log.js';
import { SessionLanguages, type LanguageFinding } from './language-belief.js';
import { finalResult, lastWordEndMs } from './results.js';
import type { StreamConfig } from './stream-config.js';
import { UtteranceDecoder } from './utterance-decoder.js';

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

/** What a session needs to know of the pod around it. */
export interface PodView {
  /** Nothing is being decoded, and there is room for more than what must be done. */
  isIdle(): boolean;
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** An utterance's final has been sent so long after its end was known. */
  finalSent(latencyMs: number): void;
}

/** Utterances whose final is being decoded; with so many, no more audio is taken. */
const MAX_PENDING_FINALS = 3;
const IDLE_BUFFER_MS = 1000;

interface Current {
  readonly id: string;
  readonly decoder: UtteranceDecoder;
}

/** One person speaking: cuts their audio into utterances, shows hypotheses while they speak and a final after each. */
export class LiveSession {
  private readonly buffer = new RingBuffer(samplesOf(IDLE_BUFFER_MS));
  private readonly endpointer: Endpointer;
  private readonly frameMeter = new FrameMeter();
  private readonly frames = new FrameLog();
  private readonly meter = new SpeechMeter();
  private current: Current | undefined;
  private readonly decoders = new Set<UtteranceDecoder>();
  private finals: Promise<void>[] = [];
  private lastFinal: Promise<void> = Promise.resolve();
  private position = 0;
  private readonly languages: SessionLanguages;
  private spoken: LanguageFinding;

  constructor(
    private readonly config: StreamConfig,
    private readonly detector: VoiceActivityDetector,
    private readonly recognize: RecognizeUtterance,
    private readonly sink: EventSink,
    private readonly signal: AbortSignal,
    private readonly pod: PodView,
  ) {
    this.endpointer = new Endpointer(config.endpointing);
    this.languages = new SessionLanguages(config.recognition);
    this.spoken = { language: config.recognition.language ?? '' };
    signal.addEventListener('abort', () => this.stop(), { once: true });
  }

  get isSpeaking(): boolean {
    return this.current !== undefined;
  }

  get audioMs(): number {
    return msOf(this.buffer.end);
  }

  /** The last final's; empty where there was none and no language was told. */
  get spokenLanguage(): LanguageFinding {
    return this.spoken;
  }

  /** Takes the next samples; resolves when there is room for more. Calls must not overlap. */
  async accept(samples: Float32Array): Promise<void> {
    if (samples.length === 0) return;
    this.buffer.push(samples);
    const probabilities = await this.detector.detect(samples, this.signal);
    for (const frame of this.frameMeter.add(samples, probabilities)) {
      this.meter.addFrame(frame);
      this.frames.push(frame);
      this.position += VAD_FRAME_SAMPLES;
      for (const endpoint of this.endpointer.push(frame.probability)) await this.handle(endpoint);
      await this.current?.decoder.hear(this.position, this.endpointer.speechTo);
    }
    this.buffer.release(this.current?.decoder.neededFrom ?? this.endpointer.neededFrom);
    this.frames.release(this.endpointer.neededFrom);
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
    for (const decoder of this.decoders) decoder.stop();
    this.current = undefined;
  }

  private async handle(endpoint: Endpoint): Promise<void> {
    if (endpoint.kind === 'started') return this.begin(endpoint.audioFrom, endpoint.speechFrom);
    await this.end(endpoint.audioFrom, endpoint.audioTo);
  }

  private async begin(audioFrom: number, speechFrom: number): Promise<void> {
    const id = ulid();
    this.current = { id, decoder: this.decoderOf(id, audioFrom) };
    await this.sink.send({
      endpoint: { kind: 'ENDPOINT_KIND_SPEECH_STARTED', atMs: msOf(speechFrom), utteranceId: id },
    });
  }

  private async end(audioFrom: number, audioTo: number): Promise<void> {
    const { id, decoder } = this.current ?? this.unheard(audioFrom);
    this.current = undefined;
    const begun = this.pod.now();
    const final = this.decodeFinal(id, decoder, audioFrom, audioTo);
    // Finals may be decoded side by side, but they leave in the order in which they were spoken.
    this.lastFinal = Promise.all([this.lastFinal, final]).then(async ([, result]) => {
      await this.sink.send({ result });
      this.pod.finalSent(this.pod.now() - begun);
      // Behind the final, which alone knows where the last word ends.
      const endpoint = {
        kind: 'ENDPOINT_KIND_UTTERANCE_END',
        atMs: lastWordEndMs(result),
        utteranceId: id,
      } as const;
      await this.sink.send({ endpoint });
    });
    this.lastFinal.catch((error: unknown) => this.sink.stop(error));
    this.finals.push(this.lastFinal);
    if (this.finals.length > MAX_PENDING_FINALS) await this.finals.shift();
  }

  private async decodeFinal(
    id: string,
    decoder: UtteranceDecoder,
    audioFrom: number,
    audioTo: number,
  ): Promise<RecognitionResult> {
    const { wordTimestamps = false } = this.config.recognition;
    const meter = new SpeechMeter(msOf(audioFrom));
    for (const frame of this.frames.between(audioFrom, audioTo)) meter.addFrame(frame);
    try {
      const heard = await decoder.finish(audioTo);
      meter.addWords(heard.words.length);
      this.meter.addWords(heard.words.length);
      if (heard.words.length > 0) {
        this.languages.note(heard);
        this.spoken = { language: heard.language, languageProbability: heard.languageProbability };
      }
      const span = { id, startMs: msOf(audioFrom), endMs: msOf(audioTo) };
      return finalResult(span, heard, meter.measures(), wordTimestamps);
    } finally {
      this.decoders.delete(decoder);
    }
  }

  private unheard(audioFrom: number): Current {
    const id = ulid();
    return { id, decoder: this.decoderOf(id, audioFrom) };
  }

  private decoderOf(id: string, audioFrom: number): UtteranceDecoder {
    const { sink, buffer, pod } = this;
    const decoder = new UtteranceDecoder(
      { id, audioFrom, settleTo: this.endpointer.earliestCut, languages: this.languages },
      {
        withInterims: this.config.interimResults,
        earlier: this.lastFinal,
        isIdle: () => pod.isIdle(),
        slice: (from, to) => buffer.slice(from, to),
        recognize: (samples, options) => this.recognize(id, samples, options),
        show: (result) => {
          if (!sink.isCongested) void sink.send({ result });
        },
        fail: (error) => sink.stop(error),
        now: () => pod.now(),
      },
    );
    this.decoders.add(decoder);
    return decoder;
  }
}
