import { AppError } from '#libs/errors';
import type { ModelRegistry } from '../registry/model-registry.service.js';
import type { InferenceRuntime } from '../runtime/inference-runtime.service.js';
import type { ModelMetadata } from '../runtime/protocol.js';
import { decodingOf } from './decoding-options.js';
import { WINDOW_FRAMES } from './frames.js';
import { PcmRecording } from './pcm-recording.js';
import { RecordingTranscription, type LoopOptions } from './recording-transcription.js';
import type {
  Pcm,
  PcmSource,
  Segment,
  Transcription,
  TranscribeOptions,
  TranscriptionSummary,
} from './recognition.types.js';
import { toSegments } from './results.js';
import { DEFAULT_WORDS } from './window.js';

interface Settle {
  readonly resolve: (summary: TranscriptionSummary) => void;
  readonly reject: (error: Error) => void;
}

export interface RecognizerOptions {
  readonly maxRecordingSeconds: number;
}

/** Speech to text by the loaded Whisper models, with openai-whisper's decoding rules. */
export class RecognizerService {
  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly registry: ModelRegistry,
    private readonly options: RecognizerOptions,
  ) {}

  /**
   * A recording of any length. The whole of it is taken in first (the loudness clamp needs its maximum), then windows are
   * decoded in order; leaving the loop early cancels the rest.
   * @param model empty for the default
   * @throws AppError model.not_found, model.loading, model.language_unsupported, audio.empty, audio.too_long,
   *   inference.overloaded, inference.interrupted, request.cancelled, request.deadline_exceeded
   */
  transcribe(model: string, source: PcmSource, options: TranscribeOptions = {}): Transcription {
    let done!: Settle;
    const summary = new Promise<TranscriptionSummary>((resolve, reject) => (done = { resolve, reject }));
    // A caller may look at the segments alone.
    summary.catch(() => undefined);
    const segments = this.segmentsOf(this.registry.resolve(model), source, options, done);
    return { summary, [Symbol.asyncIterator]: () => segments };
  }

  private async *segmentsOf(
    model: string,
    source: PcmSource,
    options: TranscribeOptions,
    done: Settle,
  ): AsyncGenerator<Segment> {
    const abort = new AbortController();
    const release = await this.registry.hold(model).catch((error: Error) => {
      done.reject(error);
      throw error;
    });
    try {
      const recording = new PcmRecording(this.options.maxRecordingSeconds);
      const loop = new RecordingTranscription(
        this.runtime,
        recording,
        this.loopOptions(model, release.metadata, options, abort),
      );
      await takeIn(recording, source, loop);
      let [index, text, language] = [0, '', languageOf(options.language, release.metadata) ?? 'en'];
      for await (const window of loop.windows()) {
        language = window.language;
        for (const segment of toSegments(window, index)) {
          index++;
          text += segment.text;
          yield segment;
        }
      }
      done.resolve({ language, text: text.trim(), audioMs: recording.milliseconds });
    } catch (error) {
      done.reject(error as Error);
      throw error;
    } finally {
      done.reject(new AppError('request.cancelled', 'The transcription was left early.'));
      abort.abort();
      release();
    }
  }

  private loopOptions(
    model: string,
    metadata: ModelMetadata,
    options: TranscribeOptions,
    abort: AbortController,
  ): LoopOptions {
    return {
      model,
      language: languageOf(options.language, metadata),
      task: options.task ?? 'transcribe',
      promptText: options.prompt,
      decoding: decodingOf(options),
      words: options.wordTimestamps ? DEFAULT_WORDS : undefined,
      minTailFrames: 0,
      // openai-whisper keeps such loops; whoever asks for its bare decoding gets them too.
      guardRepetition: !options.withoutFallback,
      priority: options.priority ?? 'bulk',
      signal: options.signal ? AbortSignal.any([options.signal, abort.signal]) : abort.signal,
      deadline: options.deadline,
    };
  }
}

/** Reads the source to its end; recordings longer than a window are measured on the way, so that memory and time overlap. */
async function takeIn(
  recording: PcmRecording,
  source: PcmSource,
  loop: RecordingTranscription,
): Promise<void> {
  const pieces: AsyncIterable<Pcm> | Iterable<Pcm> =
    source instanceof Int16Array || source instanceof Float32Array ? [source] : source;
  let measured = 0;
  for await (const piece of pieces) {
    recording.append(piece);
    while (recording.frames - measured > 2 * WINDOW_FRAMES) {
      await loop.measure(measured, WINDOW_FRAMES, false);
      measured += WINDOW_FRAMES;
    }
  }
  if (recording.length === 0) throw new AppError('audio.empty', 'The recording holds no sound.');
  if (recording.frames <= WINDOW_FRAMES) return;
  for (; measured < recording.frames; measured += WINDOW_FRAMES) {
    const frames = Math.min(WINDOW_FRAMES, recording.frames - measured);
    await loop.measure(measured, frames, measured + frames === recording.frames);
  }
}

/**
 * The language to decode in; undefined where it has to be detected.
 * @throws AppError model.language_unsupported
 */
export function languageOf(
  asked: string | undefined,
  { languages = [], multilingual }: ModelMetadata,
): string | undefined {
  if (!asked) return multilingual ? undefined : 'en';
  const code = asked.toLowerCase().split(/[-_]/)[0] ?? '';
  if (languages.includes(code)) return code;
  throw new AppError(
    'model.language_unsupported',
    'This model does not know that language; use an ISO 639-1 code it was trained on.',
  );
}
