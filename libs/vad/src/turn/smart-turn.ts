import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { InferenceRuntime } from '@parlance/onnx';

/** Pipecat's Smart Turn 3, BSD-2: an encoder of Whisper's tiny shape that tells from 8 s of sound whether the speaker has finished. */
export const TURN_MODEL = 'smart-turn-v3';
/** The kind of its ModelSource, opened by TURN_MODELS. */
export const TURN_MODEL_KIND = 'turn';

/** The module that makes workers of @parlance/onnx load models of the kind `turn`. Compiled, also where this file itself is run from
 *  its source (tests). */
export const TURN_MODELS = pathToFileURL(createRequire(import.meta.url).resolve('@parlance/vad/models'));

/** A pause that is not judged within this time is judged without the model, ms. */
const ASK_LIMIT_MS = 1000;

/** Asks the model, in the worker it is loaded in. */
export class SmartTurn {
  constructor(private readonly runtime: InferenceRuntime) {}

  /**
   * @param samples  16 kHz mono, from the utterance's start into the pause; the last 8 s count
   * @returns how likely the speaker has finished, 0 to 1; about 10 to 30 ms of a thread
   * @throws AppError model.loading, inference.overloaded, inference.interrupted, request.cancelled,
   *   request.deadline_exceeded
   */
  probability(samples: Float32Array, signal?: AbortSignal): Promise<number> {
    const deadline = Date.now() + ASK_LIMIT_MS;
    return this.runtime.run<number>(TURN_MODEL, 'judge', samples, { priority: 'final', deadline, signal });
  }
}
