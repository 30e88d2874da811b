import { AppError } from '@parlance/errors';
import type { InferenceRuntime, ModelMetadata } from '@parlance/onnx';
import { ANY_LANGUAGE, spokenLanguages } from './language.js';
import type { LoadedModels } from './loaded-models.js';
import {
  decodingOf,
  type PcmSource,
  type Segment,
  type TranscribeOptions,
  type Transcription,
  type TranscriptionSummary,
} from './options.js';
import { RecordingWindows } from './recording-windows.js';
import { PcmRecording } from './recording.js';
import { toSegments } from './segments.js';
import type { LoopOptions } from './window-jobs.js';
import { DEFAULT_WORDS } from './word-timing.js';

interface SummaryResolvers {
  readonly resolve: (summary: TranscriptionSummary) => void;
  readonly reject: (error: Error) => void;
}

export interface RecognizerOptions {
  readonly maxRecordingSeconds: number;
}

/** Speech to text by the loaded Whisper models, with openai-whisper's decoding rules. */
export class WhisperRecognizer {
  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly models: LoadedModels,
    private readonly options: RecognizerOptions,
  ) {}

  /**
   * A recording of any length. The whole of it is taken in first (the loudness clamp needs its maximum), then windows are
   * decoded in order; with a `batchSize` chunks of it are decoded side by side while it is taken in. Leaving the loop early
   * cancels the rest.
   * @param model empty for the default
   * @throws AppError model.not_found, model.loading, model.language_unsupported, audio.empty, audio.too_long,
   *   inference.overloaded, inference.interrupted, request.cancelled, request.deadline_exceeded
   */
  transcribe(model: string, source: PcmSource, options: TranscribeOptions = {}): Transcription {
    let done!: SummaryResolvers;
    const summary = new Promise<TranscriptionSummary>((resolve, reject) => (done = { resolve, reject }));
    // A caller may look at the segments alone.
    summary.catch(() => undefined);
    const segments = this.segmentsOf(this.models.resolve(model), source, options, done);
    return { summary, [Symbol.asyncIterator]: () => segments };
  }

  private async *segmentsOf(
    model: string,
    source: PcmSource,
    options: TranscribeOptions,
    done: SummaryResolvers,
  ): AsyncGenerator<Segment> {
    const abort = new AbortController();
    const release = await this.models.hold(model).catch((error: Error) => {
      done.reject(error);
      throw error;
    });
    try {
      const recording = new PcmRecording(this.options.maxRecordingSeconds);
      const loop = loopOptions(model, release.metadata, options, abort.signal);
      let [index, text, language] = [0, '', loop.language ?? 'en'];
      let languageProbability: number | undefined;
      for await (const window of new RecordingWindows(this.runtime, recording, loop, options).read(source)) {
        ({ language } = window);
        languageProbability ??= window.languageProbability;
        for (const segment of toSegments(window, index)) {
          index++;
          text += segment.text;
          yield segment;
        }
      }
      const audioMs = recording.milliseconds;
      done.resolve({ language, languageProbability, text: text.trim(), audioMs });
    } catch (error) {
      done.reject(error as Error);
      throw error;
    } finally {
      done.reject(new AppError('request.cancelled', 'The transcription was left early.'));
      abort.abort();
      release();
    }
  }
}

/** @param left aborts when the transcription is no longer wanted */
function loopOptions(
  model: string,
  metadata: ModelMetadata,
  options: TranscribeOptions,
  left: AbortSignal,
): LoopOptions {
  const { hallucinationSilenceThreshold, prependPunctuations, appendPunctuations } = options;
  const { language, among } = spokenLanguages(options, metadata);
  const decoding = decodingOf(options);
  const wantsWords = options.wordTimestamps || hallucinationSilenceThreshold !== undefined;
  return {
    model,
    language,
    choice: { ...ANY_LANGUAGE, among },
    task: options.task ?? 'transcribe',
    promptText: options.prompt,
    prefixText: options.prefix,
    conditionOnPreviousText: options.conditionOnPreviousText ?? true,
    carryInitialPrompt: options.carryInitialPrompt ?? false,
    decoding,
    words: wantsWords
      ? {
          prependPunctuations: prependPunctuations ?? DEFAULT_WORDS.prependPunctuations,
          appendPunctuations: appendPunctuations ?? DEFAULT_WORDS.appendPunctuations,
        }
      : undefined,
    tellsTokens: options.tokenProbabilities,
    hallucinationSilenceThreshold,
    minTailFrames: 0,
    // openai-whisper keeps such loops; whoever asks for its bare decoding gets them too.
    guardRepetition: !options.withoutFallback && decoding.compressionRatioThreshold !== undefined,
    priority: options.priority ?? 'bulk',
    signal: options.signal ? AbortSignal.any([options.signal, left]) : left,
    deadline: options.deadline,
  };
}
