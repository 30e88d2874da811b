import { AppError } from '@parlance/errors';
import type { ModelMetadata, ModelSource, SessionSettings } from '@parlance/onnx';
import type { Job, LoadedModel } from '@parlance/onnx/model';
import type { LanguageRequest, LoudestRequest, WindowRequest } from '../window.js';
import { hearLanguage } from './language.js';
import { hearLoudest } from './log-mel.js';
import { warmUp } from './warm-up.js';
import { openEngine, type WhisperEngine } from './whisper-engine.js';
import { decodeWindow } from './window-decoder.js';

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
        return hearLoudest(engine.graphs, job, payload as LoudestRequest);
      case 'language':
        return hearLanguage(engine, job, payload as LanguageRequest);
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
