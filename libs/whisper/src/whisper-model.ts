import { AppError } from '@parlance/errors';
import type { ModelMetadata, ModelSource, OnnxSessionSettings } from '@parlance/onnx';
import type { Job, LoadedModel, ModelFactories } from '@parlance/onnx/model';
import { alignText } from './alignment.js';
import { encodeWindow, measureLoudest } from './encoder.js';
import { decodeWithFallback } from './fallback.js';
import { DEFAULT_DECODING } from './options.js';
import { identifyLanguage, initialTokens, startSequence } from './prompt.js';
import { openEngine, type WhisperEngine } from './sampling.js';
import { decodeWindow } from './window-decoder.js';
import { WINDOW_FRAMES, type LanguageRequest, type LoudestRequest, type WindowRequest } from './window.js';

/**
 * Whisper inside a worker. Operations: `window` (WindowRequest → WindowResult), `loudest` (LoudestRequest → number),
 * `language` (LanguageRequest → DetectedLanguage), `tokenize` ({ text } → ids), `warm-up`.
 */
export class WhisperModel implements LoadedModel {
  readonly metadata: ModelMetadata;

  private constructor(private readonly engine: WhisperEngine) {
    const { multilingual, tokens } = engine.graphs.manifest;
    this.metadata = {
      inputs: [],
      outputs: [],
      multilingual,
      languages: multilingual ? Object.keys(tokens.languages) : ['en'],
    };
  }

  static async open(source: ModelSource, settings: OnnxSessionSettings): Promise<WhisperModel> {
    return new WhisperModel(await openEngine(source, settings));
  }

  async run(operation: string, payload: unknown, job: Job): Promise<unknown> {
    const { engine } = this;
    switch (operation) {
      case 'window':
        return decodeWindow(engine, job, payload as WindowRequest);
      case 'loudest':
        return measureLoudest(engine.graphs, job, payload as LoudestRequest);
      case 'language':
        return identifyLanguage(engine, job, payload as LanguageRequest);
      case 'tokenize':
        return engine.graphs.tokenizer.encode((payload as { text: string }).text);
      case 'warm-up':
        return warmUp(engine, job);
      default:
        throw new AppError('request.invalid', `This model has no operation '${operation}'.`);
    }
  }

  close(): Promise<void> {
    return this.engine.graphs.close();
  }
}

const LANGUAGE = 'en';
/** Tokens to write. */
const STEPS = 8;

/**
 * A second of silence, decoded behind the longest prompt and aligned with the longest text: what a window can need of memory is
 * taken once, and the pages of weights that its tokens stand in are read.
 */
async function warmUp(engine: WhisperEngine, job: Job): Promise<void> {
  const { graphs } = engine;
  const { manifest, tokenizer } = graphs;
  const samples = new Float32Array(16_000);
  const { cross } = await encodeWindow(graphs, job, {
    samples,
    isStart: true,
    frames: 100,
    encodeFrames: WINDOW_FRAMES,
  });
  try {
    const start = startSequence(manifest, LANGUAGE, 'transcribe');
    const text = tokensThroughout(manifest.tokens.eot, Math.floor(manifest.dims.decoderContext / 2) - 1);
    const decoding = { ...DEFAULT_DECODING, temperatures: [0], sampleLen: STEPS };
    const initial = initialTokens(manifest, tokenizer, { start, prompt: text, prefix: [], decoding });
    await decodeWithFallback(engine, job, cross, { initial, decoding, seek: 0 });
    await alignText(graphs, job, cross, { start, text, frames: WINDOW_FRAMES, language: LANGUAGE });
  } finally {
    cross.release();
  }
}

/** `count` text tokens from all over the vocabulary. */
function tokensThroughout(vocabulary: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.floor((i * vocabulary) / count));
}

/** The kinds of models that a worker of @parlance/onnx can open when it is started with this module. */
export const models: ModelFactories = { whisper: WhisperModel };
