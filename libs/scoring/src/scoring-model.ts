/** Scores of speech inside a worker of @parlance/onnx: alignment takes tens of milliseconds, which no event loop has. */
import { AppError } from '@parlance/errors';
import type { ModelSource } from '@parlance/onnx';
import type { Job, LoadedModel, ModelFactories, OnnxSessionContext } from '@parlance/onnx/model';
import { wordsToSay, type ExpectedWord } from './expected-text.js';
import { scoreText } from './score-text.js';
import { ScoringEngine } from './scoring-engine.js';
import type { ScoringRequest, ScriptedScores } from './scripted-scores.js';

/** Operation `score`: ScoringRequest → ScriptedScores. */
class ScoringModel implements LoadedModel {
  readonly metadata = { inputs: [], outputs: [] };

  private constructor(private readonly engine: ScoringEngine) {}

  static async open(source: ModelSource, settings: OnnxSessionContext): Promise<ScoringModel> {
    return new ScoringModel(await ScoringEngine.open(source, settings));
  }

  run(operation: string, payload: unknown, job: Job): Promise<ScriptedScores> {
    if (operation !== 'score')
      throw new AppError('request.invalid', `This model has no operation '${operation}'.`);
    const { samples, text } = payload as ScoringRequest;
    return scoreText(this.engine, job, samples, this.wordsOf(text));
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  private wordsOf(text: ScoringRequest['text']): ExpectedWord[] {
    return typeof text === 'string'
      ? wordsToSay(text, this.engine.lexicon)
      : text.map((word) => ({ ...word, source: 'dictionary' as const }));
  }
}

/** The kinds of models that a worker can open when it is started with this module. */
export const models: ModelFactories = { scores: ScoringModel };
