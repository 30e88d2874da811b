import { Injectable } from '@nestjs/common';
import { FrameMeter, SpeechMeter } from '@parlance/analytics';
import { AudioDecoder, type AudioInput, SPEECH_RATE_HZ } from '@parlance/audio';
import type { SpeechMeasures__Output } from '@parlance/contracts';
import { AppError, isAppError } from '@parlance/errors';
import { msOf, SpeechMap, VoiceActivityService } from '@parlance/vad';
import { type Segment, spokenLanguages, WhisperRecognizer } from '@parlance/whisper';
import { AdmissionService, type RecordingTicket } from '../admission/admission.service.js';
import { noteFinding, noteRecognition, noteText } from '../inference-metrics.js';
import { ModelRegistry } from '../registry/model-registry.service.js';
import { notBefore, placedInSpeech } from './speech-placement.js';
import type { RecognitionSettings } from './stream-config.js';

export interface RecordingInput {
  readonly settings: RecognitionSettings;
  readonly audio: AudioInput;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly tenant: string | undefined;
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly deadline?: number | undefined;
  /** Given the samples in order, with the probability of speech in every 32 ms that they complete. */
  readonly onSamples?: (samples: Float32Array, probabilities: Float32Array) => void;
}

export interface RecordingSummary {
  readonly audioMs: number;
  readonly language: string;
  /** 0..1, where it was detected. */
  readonly languageProbability?: number;
  readonly measures: SpeechMeasures__Output;
}

/** In this order: the recording is admitted and its model can serve it, segments as they are decoded, the end. */
export type RecordingEvent =
  | { readonly kind: 'started'; readonly model: string }
  | { readonly kind: 'segment'; readonly segment: Segment; readonly language: string }
  | { readonly kind: 'ended'; readonly summary: RecordingSummary };

/**
 * Recognises recordings, whole ones and such as come in chunks. Voice activity runs beside the reading; text that Whisper
 * writes in silence is dropped.
 */
@Injectable()
export class RecordingRecognizer {
  constructor(
    private readonly registry: ModelRegistry,
    private readonly admission: AdmissionService,
    private readonly recognizer: WhisperRecognizer,
    private readonly voiceActivity: VoiceActivityService,
  ) {}

  /**
   * Admits a recording and recognises it as one file; the next segment waits until this one is consumed.
   * @throws AppError audio.*, model.*, inference.*, service.draining, request.cancelled, request.deadline_exceeded
   */
  async *recognize(request: RecordingInput): AsyncGenerator<RecordingEvent> {
    const { settings, tenant, signal } = request;
    const model = this.registry.resolve(settings.model);
    const ticket = this.admission.admitRecording(tenant);
    // A client that has gone holds no capacity, whatever of it is still being waited for.
    signal.addEventListener('abort', ticket.release, { once: true });
    let release = (): void => undefined;
    try {
      const held = await this.registry.hold(model);
      release = held;
      // Refused before any audio is read.
      spokenLanguages(settings, held.metadata);
      yield { kind: 'started', model };
      const begun = performance.now();
      const summary = yield* this.segments({ ...request, settings: { ...settings, model } }, ticket);
      noteRecognition('recording', (performance.now() - begun) / 1000, summary.audioMs / 1000);
      yield { kind: 'ended', summary };
    } finally {
      release();
      ticket.release();
    }
  }

  private async *segments(
    request: RecordingInput,
    ticket: RecordingTicket,
  ): AsyncGenerator<RecordingEvent, RecordingSummary> {
    const reader = new RecordingReader(request, ticket, this.voiceActivity);
    const { settings, deadline } = request;
    const transcription = this.recognizer.transcribe(settings.model, reader.samples(), {
      ...settings,
      ...settings.recording,
      deadline,
      signal: AbortSignal.any([request.signal, reader.silence]),
      detectSpeech: () => reader.newestSpeech,
    });
    // Unknown until the first window is decoded; the summary has it.
    let language = settings.language ?? '';
    let languageProbability: number | undefined;
    try {
      let index = 0;
      let reachedMs = 0;
      for await (const segment of transcription) {
        if (segment.text.trim() === '') continue;
        noteText('recording', segment);
        if (!reader.speech.isSpeech(segment.startMs, segment.endMs)) {
          noteFinding('recording', 'in_silence');
          continue;
        }
        reader.meter.addWords(segment.text.trim().split(/\s+/).length);
        const stretches = reader.speech.stretches(segment.startMs, segment.endMs);
        const placed = notBefore(placedInSpeech(segment, stretches), reachedMs);
        reachedMs = placed.endMs;
        yield { kind: 'segment', segment: { ...placed, index: index++ }, language };
      }
      ({ language, languageProbability } = await transcription.summary);
    } catch (error) {
      const isSilent = isAppError(error) && error.code === 'request.cancelled' && reader.silence.aborted;
      if (!isSilent || request.signal.aborted) throw error;
    }
    const { audioMs, measures } = reader;
    return {
      audioMs,
      language,
      ...(languageProbability === undefined ? {} : { languageProbability }),
      measures,
    };
  }
}

/** Reads one recording: it is decoded, metered and watched for speech while it is handed on. */
class RecordingReader {
  readonly speech = new SpeechMap();
  readonly meter = new SpeechMeter();
  private readonly frameMeter = new FrameMeter();
  private readonly nothingSaid = new AbortController();
  private length = 0;
  /** Probabilities of speech in the newest samples. */
  private watching: Promise<Float32Array> = Promise.resolve(new Float32Array(0));
  private level: AudioDecoder['level'] | undefined;

  constructor(
    private readonly request: RecordingInput,
    private readonly ticket: RecordingTicket,
    private readonly voiceActivity: VoiceActivityService,
  ) {}

  /** Fires at the recording's end when nobody spoke in it: there is nothing to decode. */
  get silence(): AbortSignal {
    return this.nothingSaid.signal;
  }

  get audioMs(): number {
    return msOf(this.length);
  }

  /** What the watch found in the samples handed on last: they are not watched twice. */
  get newestSpeech(): Promise<Float32Array> {
    return this.watching;
  }

  get measures(): SpeechMeasures__Output {
    return { ...this.meter.measures(this.level), audioMs: this.audioMs };
  }

  async *samples(): AsyncGenerator<Float32Array> {
    const { audio, chunks, signal } = this.request;
    const decoder = await AudioDecoder.open(audio);
    this.level = decoder.level;
    const detector = this.voiceActivity.open('bulk');
    const watch = async (samples: Float32Array): Promise<Float32Array> => {
      const probabilities = await detector.detect(samples, signal);
      this.speech.add(probabilities);
      this.request.onSamples?.(samples, probabilities);
      for (const frame of this.frameMeter.add(samples, probabilities)) this.meter.addFrame(frame);
      return probabilities;
    };
    try {
      for await (const samples of decoder.decode(chunks)) {
        if (samples.length === 0) continue;
        this.ticket.grow(samples.length / SPEECH_RATE_HZ);
        this.length += samples.length;
        // One stretch is watched while the next is read.
        await this.watching;
        this.watching = watch(samples);
        this.watching.catch(() => undefined);
        yield samples;
      }
      await this.watching;
    } finally {
      decoder.close();
    }
    if (this.length === 0) throw new AppError('audio.empty', 'The recording holds no sound.');
    if (!this.speech.hasSpeech) this.nothingSaid.abort();
  }
}
