import { FrameMeter, SpeechMeter } from '@parlance/analytics';
import { AudioDecoder, type AudioInput, SPEECH_RATE_HZ } from '@parlance/audio';
import type { SpeechMeasures__Output } from '@parlance/contracts';
import { AppError, isAppError } from '@parlance/errors';
import { msOf, SpeechMap, type VoiceActivityService } from '@parlance/vad';
import type { WhisperRecognizer, Segment } from '@parlance/whisper';
import type { RecordingTicket } from '../admission/admission.service.js';
import { notBefore, placedInSpeech } from './speech-placement.js';
import type { RecognitionSettings } from './stream-config.js';

export interface RecordingRequest {
  readonly settings: RecognitionSettings;
  readonly audio: AudioInput;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly ticket: RecordingTicket;
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly deadline?: number | undefined;
  /** Called with each segment as it is decoded; the next waits for it. */
  readonly onSegment: (segment: Segment, language: string) => Promise<void> | void;
}

export interface RecordingHeard {
  readonly audioMs: number;
  readonly language: string;
  /** 0..1, where it was detected. */
  readonly languageProbability?: number;
  readonly measures: SpeechMeasures__Output;
}

/** Recognises a recording as one file. Voice activity runs beside the reading; what Whisper hears in silence is dropped. */
export class RecordingRecognizer {
  constructor(
    private readonly recognizer: WhisperRecognizer,
    private readonly voiceActivity: VoiceActivityService,
  ) {}

  /** @throws AppError audio.*, model.*, inference.*, request.cancelled, request.deadline_exceeded */
  async recognize(request: RecordingRequest): Promise<RecordingHeard> {
    const heard = new HeardRecording(request, this.voiceActivity);
    const { settings, deadline } = request;
    const signal = AbortSignal.any([request.signal, heard.silence]);
    const transcription = this.recognizer.transcribe(settings.model, heard.samples(), {
      ...settings,
      ...settings.recording,
      deadline,
      signal,
      detectSpeech: () => heard.newestSpeech,
    });
    // Unknown until the first window is decoded; the summary tells.
    let language = settings.language ?? '';
    let languageProbability: number | undefined;
    try {
      let index = 0;
      let reachedMs = 0;
      for await (const segment of transcription) {
        if (!heard.speech.isSpeech(segment.startMs, segment.endMs) || segment.text.trim() === '') continue;
        heard.meter.addWords(segment.text.trim().split(/\s+/).length);
        const stretches = heard.speech.stretches(segment.startMs, segment.endMs);
        const placed = notBefore(placedInSpeech(segment, stretches), reachedMs);
        reachedMs = placed.endMs;
        await request.onSegment({ ...placed, index: index++ }, language);
      }
      ({ language, languageProbability } = await transcription.summary);
    } catch (error) {
      const isSilent = isAppError(error) && error.code === 'request.cancelled' && heard.silence.aborted;
      if (!isSilent || request.signal.aborted) throw error;
    }
    const { audioMs, measures } = heard;
    return {
      audioMs,
      language,
      ...(languageProbability === undefined ? {} : { languageProbability }),
      measures,
    };
  }
}

/** The reading side of one recording: decoded, metered and watched for speech while it is handed on. */
class HeardRecording {
  readonly speech = new SpeechMap();
  readonly meter = new SpeechMeter();
  private readonly frameMeter = new FrameMeter();
  private readonly nothingSaid = new AbortController();
  private length = 0;
  /** Probabilities of speech in the newest samples. */
  private watching: Promise<Float32Array> = Promise.resolve(new Float32Array(0));
  private level: AudioDecoder['level'] | undefined;

  constructor(
    private readonly request: RecordingRequest,
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
    const { audio, chunks, signal, ticket } = this.request;
    const decoder = await AudioDecoder.open(audio);
    this.level = decoder.level;
    const detector = this.voiceActivity.open('bulk');
    const watch = async (samples: Float32Array): Promise<Float32Array> => {
      const probabilities = await detector.detect(samples, signal);
      this.speech.add(probabilities);
      for (const frame of this.frameMeter.add(samples, probabilities)) this.meter.addFrame(frame);
      return probabilities;
    };
    try {
      for await (const samples of decodedPieces(decoder, chunks)) {
        if (samples.length === 0) continue;
        ticket.grow(samples.length / SPEECH_RATE_HZ);
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

async function* decodedPieces(
  decoder: AudioDecoder,
  chunks: RecordingRequest['chunks'],
): AsyncGenerator<Float32Array> {
  for await (const chunk of chunks) yield* decoder.pieces(chunk);
  yield decoder.end();
}
