import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { isAppError } from '@parlance/errors';
import type { InferenceRuntime, JobPriority, ModelSource } from '@parlance/onnx';
import type { ScoringRequest, ScriptedScores } from './scripted-scores.js';

/** The name that scores' models are loaded by. */
export const SCORING_MODEL = 'scores';

/** The module that makes workers of @parlance/onnx load models of the kind `scores`. Compiled, also where this file itself is run from
 *  its source (tests). */
export const SCORING_MODELS = pathToFileURL(
  createRequire(import.meta.url).resolve('@parlance/scoring/models'),
);

/** What scoring is made of. */
export interface ScoringFolders {
  /** The trained models: frames.onnx, phones.onnx, words.onnx, utterances.onnx, scores.json (training/scores). */
  readonly scores: string;
  /** A compiled whisper-base with its f32 graphs. */
  readonly whisper: string;
  /** Silero VAD's ONNX file. */
  readonly voiceActivity: string;
}

/** To be given to InferenceRuntime.load, whose runtime was started with SCORING_MODELS. */
export function scoringSource({ scores, whisper, voiceActivity }: ScoringFolders): ModelSource {
  return {
    name: SCORING_MODEL,
    kind: 'scores',
    location: scores,
    precision: 'f32',
    parts: { whisper, voiceActivity },
  };
}

export interface ScoringOptions {
  readonly priority: JobPriority;
  readonly tenant?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Epoch milliseconds. */
  readonly deadline?: number | undefined;
}

/** Asks the worker that holds the models. */
export class SpeechScorer {
  constructor(private readonly runtime: InferenceRuntime) {}

  /**
   * How an expected text was spoken.
   * @returns scores, and reasons where there is none: bad input is no error
   * @throws AppError request.invalid (a pronunciation that is none), model.loading, inference.overloaded,
   *   inference.interrupted, request.cancelled, request.deadline_exceeded
   */
  async score(request: ScoringRequest, options: ScoringOptions): Promise<ScriptedScores> {
    const ask = (): Promise<ScriptedScores> =>
      this.runtime.run<ScriptedScores>(SCORING_MODEL, 'score', request, options);
    // A worker that died is replaced; a second loss is told.
    return ask().catch((error: unknown) => {
      if (isAppError(error) && error.code === 'inference.interrupted') return ask();
      throw error;
    });
  }
}
