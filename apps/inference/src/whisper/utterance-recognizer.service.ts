import type { ModelRegistry } from '../registry/model-registry.service.js';
import type { InferenceRuntime } from '../runtime/inference-runtime.service.js';
import type { ModelMetadata } from '../runtime/protocol.js';
import { decodingOf } from './decoding-options.js';
import { interimEncodeFrames } from './encoder-window.js';
import { FRAMES_PER_SECOND, SAMPLE_RATE_HZ, WINDOW_FRAMES } from './frames.js';
import { PcmRecording } from './pcm-recording.js';
import { RecordingTranscription } from './recording-transcription.js';
import type { Utterance, UtteranceOptions } from './recognition.types.js';
import { languageOf } from './recognizer.service.js';
import { toUtterance } from './results.js';
import { DEFAULT_WORDS, type WindowRequest, type WindowResult } from './window.js';

/** Nobody says more tokens a second; what does is a loop. */
const TOKENS_PER_SECOND = 15;
const MAX_UTTERANCE_SECONDS = 30;

/** Speech to text for live streams: one utterance, still being spoken or whole. */
export class UtteranceRecognizer {
  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly registry: ModelRegistry,
  ) {}

  /**
   * One utterance of at most 30 s. `samples` are only read, before the call returns its promise.
   * @throws as `RecognizerService.transcribe`
   */
  async recognizeUtterance(
    model: string,
    samples: Float32Array,
    options: UtteranceOptions,
  ): Promise<Utterance> {
    const recording = new PcmRecording(MAX_UTTERANCE_SECONDS);
    recording.append(samples);
    const name = this.registry.resolve(model);
    return this.registry.use(name, async (metadata) => {
      const windows =
        options.kind === 'final'
          ? await this.decodeFinal(name, metadata, recording, options)
          : [await this.decodePartial(name, metadata, recording, options)];
      return toUtterance(windows, options.prefixTokens ?? []);
    });
  }

  private async decodeFinal(
    model: string,
    metadata: ModelMetadata,
    recording: PcmRecording,
    options: UtteranceOptions,
  ): Promise<WindowResult[]> {
    const loop = new RecordingTranscription(this.runtime, recording, {
      model,
      language: languageOf(options.language, metadata),
      task: options.task ?? 'transcribe',
      promptText: options.prompt,
      decoding: decodingOf(options, tokenLimit(recording)),
      words: (options.wordTimestamps ?? true) ? DEFAULT_WORDS : undefined,
      minTailFrames: FRAMES_PER_SECOND,
      guardRepetition: true,
      priority: 'final',
      signal: options.signal ?? new AbortController().signal,
      deadline: options.deadline,
    });
    const windows: WindowResult[] = [];
    for await (const window of loop.windows()) windows.push(window);
    return windows;
  }

  private decodePartial(
    model: string,
    metadata: ModelMetadata,
    recording: PcmRecording,
    options: UtteranceOptions,
  ): Promise<WindowResult> {
    const frames = Math.min(recording.frames, WINDOW_FRAMES);
    const cut = recording.cut(0, frames);
    const request: WindowRequest = {
      ...cut,
      frames,
      seek: 0,
      prompt: [],
      prefix: options.prefixTokens ?? [],
      language: languageOf(options.language, metadata),
      task: options.task ?? 'transcribe',
      decoding: {
        ...decodingOf(options, tokenLimit(recording)),
        temperatures: [options.temperature ?? 0],
        withoutTimestamps: true,
      },
      isInterim: true,
      words: options.wordTimestamps ? DEFAULT_WORDS : undefined,
      lastSpeech: 0,
      encodeFrames: interimEncodeFrames(frames),
      guardRepetition: true,
    };
    const { signal, deadline } = options;
    return this.runtime.run(model, 'window', request, {
      priority: 'partial',
      signal,
      deadline,
      transfer: [cut.samples.buffer],
    });
  }
}

function tokenLimit(recording: PcmRecording): number {
  return 24 + Math.ceil((recording.length / SAMPLE_RATE_HZ) * TOKENS_PER_SECOND);
}
