import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { ModelMetadata } from '@parlance/onnx';

/** Call it to release the model. */
export type ModelHold = (() => void) & { readonly metadata: ModelMetadata };

/** Models by name, as recognition needs them: those of a service, which are loaded and unloaded, or a single one. */
export interface LoadedModels {
  /** The name to use for what a client asked for; empty for the default. */
  resolve(name: string | undefined): string;

  /**
   * Keeps the model in memory until the result is called. Waits for a model that is being loaded.
   * @throws AppError model.not_found, model.loading, model.invalid, model.too_large, inference.overloaded
   */
  hold(name: string): Promise<ModelHold>;
}

/** The module that makes workers of @parlance/onnx load models of the kind `whisper`. Compiled, also where this file itself is
 *  run from its source (tests). */
export const WHISPER_MODELS = pathToFileURL(
  createRequire(import.meta.url).resolve('@parlance/whisper/models'),
);
