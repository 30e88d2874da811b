/** Scores of speech inside a worker of @parlance/onnx: alignment takes tens of milliseconds, which no event loop has. */
import { AppError } from '@parlance/errors';
import type { ModelSource } from '@parlance/onnx';
import type { Job, LoadedModel, ModelFactories, OnnxSessionContext } from '@parlance/onnx/model';
import { wordsToSay, type ExpectedWord } from './expected-text.js';
import { phoneIndex, PHONES } from './phone-set.js';
import { scoreText } from './score-text.js';
import { ScoringEngine } from './scoring-engine.js';
import type { ScoringRequest, ScriptedScores } from './scripted-scores.js';
import { SentenceModel } from './sentence-model.js';
import { SENTENCE_MODEL_KIND } from './sentence-similarity.js';

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

  /** @throws AppError request.invalid where a pronunciation is none */
  private wordsOf(text: ScoringRequest['text']): ExpectedWord[] {
    if (typeof text === 'string') return wordsToSay(text, this.engine.lexicon);
    return text.map(({ text: word, pronunciations }) => {
      const phones = pronunciations.map((each) => each.map(bare));
      if (phones.some((each) => each.length === 0 || each.some((phone) => phone === undefined)))
        throw new AppError(
          'request.invalid',
          `The pronunciation of '${word}' is not in phones of the CMU dictionary.`,
        );
      return { text: word, pronunciations: phones as string[][], source: 'dictionary' as const };
    });
  }
}

/** A phone without its stress; undefined for what is no phone. */
function bare(symbol: string): string | undefined {
  const index = phoneIndex(symbol);
  return index === undefined ? undefined : PHONES[index];
}

/** The kinds of models that a worker can open when it is started with this module. */
export const models: ModelFactories = { scores: ScoringModel, [SENTENCE_MODEL_KIND]: SentenceModel };
