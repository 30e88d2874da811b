import { join } from 'node:path';
import { DEFAULT_RUNTIME_OPTIONS, InferenceRuntime, type RuntimeOptions } from '@parlance/onnx';
import {
  SCORING_MODELS,
  scoringSource,
  SpeechScorer,
  type ScoringRequest,
  type ScriptedScores,
} from '@parlance/scoring';
import { MODEL_ENVIRONMENT, modelFile, SPINNING } from './models.js';
import { loadAudio } from './recognition-rig.js';

/** The committed models of scores (training/scores). */
export const TRAINED_SCORES = 'training/scores/models';

/** Scores by the committed models, in worker threads as in the product. */
export class TestScorer {
  private constructor(
    private readonly runtime: InferenceRuntime,
    private readonly scorer: SpeechScorer,
  ) {}

  static async open(options: Partial<RuntimeOptions> = {}): Promise<TestScorer> {
    const own = { spinning: SPINNING, models: SCORING_MODELS, ...options };
    const runtime = new InferenceRuntime({ ...DEFAULT_RUNTIME_OPTIONS, ...own });
    await runtime.load(
      scoringSource({
        scores: TRAINED_SCORES,
        whisper: join(MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE, 'whisper-base'),
        voiceActivity: modelFile('silero-vad', 'silero_vad.onnx'),
      }),
    );
    return new TestScorer(runtime, new SpeechScorer(runtime));
  }

  /** @param samples  16 kHz mono */
  score(samples: Float32Array, text: ScoringRequest['text']): Promise<ScriptedScores> {
    return this.scorer.score({ samples, text }, { priority: 'final' });
  }

  stop(): Promise<void> {
    return this.runtime.stop();
  }
}

/** @returns 16 kHz mono, full scale 1 */
export async function samplesOfFile(file: string): Promise<Float32Array> {
  return Float32Array.from(await loadAudio(file), (sample) => sample / 32_768);
}
