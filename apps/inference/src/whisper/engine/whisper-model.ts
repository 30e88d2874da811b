import { AppError } from '#libs/errors';
import type { Job, LoadedModel } from '../../runtime/loaded-model.js';
import type { ModelMetadata, ModelSource, SessionSettings } from '../../runtime/protocol.js';
import { DEFAULT_DECODING } from '../decoding-options.js';
import { WINDOW_FRAMES } from '../frames.js';
import { DEFAULT_WORDS } from '../words/punctuation.js';
import type { LanguageRequest, LoudestRequest, WindowRequest } from '../window.js';
import { hearLanguage } from './language.js';
import { logMel, loudestOf } from './log-mel.js';
import { openEngine, type WhisperEngine } from './whisper-engine.js';
import { decodeWindow } from './window-decoder.js';

/** A second of silence, decoded the way that touches every graph. */
const WARM_UP: WindowRequest = {
  samples: new Float32Array(16_000),
  isStart: true,
  frames: 100,
  seek: 0,
  prompt: [],
  prefix: [],
  language: 'en',
  task: 'transcribe',
  decoding: { ...DEFAULT_DECODING, temperatures: [0], sampleLen: 8 },
  isInterim: false,
  words: DEFAULT_WORDS,
  lastSpeech: 0,
  encodeFrames: WINDOW_FRAMES,
  guardRepetition: false,
};

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

  static async open(source: ModelSource, settings: SessionSettings): Promise<WhisperModel> {
    return new WhisperModel(await openEngine(source, settings));
  }

  async run(operation: string, payload: unknown, job: Job): Promise<unknown> {
    const { engine } = this;
    switch (operation) {
      case 'window':
        return decodeWindow(engine, job, payload as WindowRequest);
      case 'loudest':
        return loudestOf(await logMel(engine.graphs, job, payload as LoudestRequest));
      case 'language':
        return hearLanguage(engine, job, payload as LanguageRequest);
      case 'tokenize':
        return engine.graphs.tokenizer.encode((payload as { text: string }).text);
      case 'warm-up':
        return decodeWindow(engine, job, WARM_UP);
      default:
        throw new AppError('request.invalid', `This model has no operation '${operation}'.`);
    }
  }

  close(): Promise<void> {
    return this.engine.graphs.close();
  }
}
