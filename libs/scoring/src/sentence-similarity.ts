import type { InferenceRuntime } from '@parlance/onnx';
import type { ScoringOptions } from './speech-scorer.js';

/** all-MiniLM-L6-v2 (Apache-2.0): sentences of like meaning, and questions and their answers, lie close (Reimers and Gurevych, "Sentence-BERT",
 *  EMNLP 2019; Wang and others, "MiniLM", NeurIPS 2020). */
export const SENTENCE_MODEL = 'all-MiniLM-L6-v2';
/** The kind of its ModelSource, opened by SCORING_MODELS. */
export const SENTENCE_MODEL_KIND = 'sentences';

/** Asks the worker that holds the model. */
export class SentenceSimilarity {
  constructor(private readonly runtime: InferenceRuntime) {}

  /**
   * How near the meanings of two English texts are; of each its first 256 tokens count.
   * @returns the cosine of their embeddings, -1 to 1
   * @throws AppError model.loading, inference.overloaded, inference.interrupted, request.cancelled, request.deadline_exceeded
   */
  similarity(texts: readonly [string, string], options: ScoringOptions): Promise<number> {
    return this.runtime.run<number>(SENTENCE_MODEL, 'similarity', texts, options);
  }
}
