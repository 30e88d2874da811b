import { createReadStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { AudioDecoder } from '@parlance/audio';
import { AppError } from '@parlance/errors';
import {
  DEFAULT_RUNTIME_OPTIONS,
  InferenceRuntime,
  type ModelMetadata,
  type Precision,
  type RequestedProvider,
} from '@parlance/onnx';
import { VAD_MODEL, VoiceActivityService } from '@parlance/vad';
import { WHISPER_MODELS, type LoadedModels } from './loaded-models.js';
import type { Pcm, PcmSource, Segment, TranscribeOptions, Transcription } from './options.js';
import { StreamingSession, type StreamingOptions } from './streaming-session.js';
import { UtteranceRecognizer } from './utterance-recognizer.js';
import { WhisperRecognizer } from './whisper-recognizer.js';

export interface TranscriberOptions {
  /** Folder of a model that @parlance/model-compiler has written; within `modelFolder`, where that is given. */
  readonly model: string;
  readonly modelFolder?: string | undefined;
  /** silero_vad.onnx: needed for live sessions, `vadFilter` and `batchSize`. */
  readonly voiceActivity?: string | undefined;
  /** Default int8. */
  readonly precision?: Precision | undefined;
  /** Default cpu. */
  readonly provider?: RequestedProvider | undefined;
  /** Default: one for each core, four at most. */
  readonly threads?: number | undefined;
  /** Longest recording, seconds; default two hours. */
  readonly maxRecordingSeconds?: number | undefined;
}

const MODEL = 'whisper';
const MOST_THREADS = 4;
const TWO_HOURS = 7200;

/** One Whisper model in a worker thread of this process. The thread keeps the process alive until `close`. */
export class Transcriber {
  private constructor(
    private readonly runtime: InferenceRuntime,
    private readonly models: LoadedModels,
    private readonly maxRecordingSeconds: number,
    private readonly detectsSpeech: boolean,
  ) {}

  /** @throws AppError model.invalid where a model is missing or damaged */
  static async open(options: TranscriberOptions): Promise<Transcriber> {
    const { model, modelFolder = '.', voiceActivity, precision = 'int8', provider = 'cpu' } = options;
    const { threads = Math.min(MOST_THREADS, availableParallelism()), maxRecordingSeconds = TWO_HOURS } =
      options;
    const runtime = new InferenceRuntime({
      ...DEFAULT_RUNTIME_OPTIONS,
      intraOpThreads: threads,
      provider,
      models: WHISPER_MODELS,
    });
    try {
      const location = resolve(modelFolder, model);
      const metadata = await runtime.load({ name: MODEL, kind: 'whisper', location, precision });
      if (voiceActivity !== undefined)
        await runtime.load(
          { name: VAD_MODEL, kind: 'onnx', location: resolve(voiceActivity), precision: 'f32' },
          'signal',
        );
      const detectsSpeech = voiceActivity !== undefined;
      return new Transcriber(runtime, onlyModel(metadata), maxRecordingSeconds, detectsSpeech);
    } catch (error) {
      await runtime.stop();
      throw error;
    }
  }

  /**
   * Segments as soon as they are decoded, and a summary of the whole.
   * @param source the path of a WAV file, or samples at 16 kHz
   * @throws AppError request.invalid, model.language_unsupported; while it is read audio.unsupported_format, audio.corrupt,
   *   audio.empty, audio.too_long, request.cancelled
   */
  transcribe(source: string | PcmSource, options: TranscribeOptions = {}): Transcription {
    const { batchSize = 1, vadFilter = false, clipTimestamps, detectSpeech } = options;
    if ((vadFilter || (batchSize > 1 && !clipTimestamps)) && !detectSpeech) this.needVoiceActivity();
    const { maxRecordingSeconds } = this;
    const recognizer = new WhisperRecognizer(this.runtime, this.models, { maxRecordingSeconds });
    return recognizer.transcribe(MODEL, typeof source === 'string' ? readWav(source) : source, options);
  }

  /** A live session: samples are pushed as they are spoken, results come as an async iterable.
   *  @throws AppError request.invalid where the transcriber was opened without voice activity */
  stream(options: StreamingOptions = {}): StreamingSession {
    this.needVoiceActivity();
    const recognizer = new UtteranceRecognizer(this.runtime, this.models);
    return new StreamingSession(recognizer, new VoiceActivityService(this.runtime).open('final'), options);
  }

  /** Ends the worker threads; what is being decoded fails. */
  async close(): Promise<void> {
    await this.runtime.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private needVoiceActivity(): void {
    if (!this.detectsSpeech)
      throw new AppError(
        'request.invalid',
        'Voice activity is needed for this; open the transcriber with voiceActivity, the path of silero_vad.onnx.',
      );
  }
}

/** One file with a model that is opened for it alone. @throws as `Transcriber.open` and `Transcriber.transcribe` */
export async function* transcribe(
  source: string | PcmSource,
  options: TranscriberOptions & TranscribeOptions,
): AsyncGenerator<Segment> {
  const transcriber = await Transcriber.open(options);
  try {
    yield* transcriber.transcribe(source, options);
  } finally {
    await transcriber.close();
  }
}

function onlyModel(metadata: ModelMetadata): LoadedModels {
  const hold = Object.assign(() => undefined, { metadata });
  return { resolve: () => MODEL, hold: () => Promise.resolve(hold) };
}

/** @throws AppError audio.unsupported_format, audio.corrupt, audio.empty; the system's error where the file cannot be read */
async function* readWav(file: string): AsyncGenerator<Pcm> {
  const decoder = await AudioDecoder.open({ encoding: 'wav', sampleRateHz: 0, channels: 1 });
  try {
    yield* decoder.decode(createReadStream(file) as AsyncIterable<Buffer>);
  } finally {
    decoder.close();
  }
}
