import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** The module that makes workers of @parlance/onnx load models of the kind `whisper`. Compiled, also where this file itself is
 *  run from its source (tests). */
export const WHISPER_MODELS = pathToFileURL(
  createRequire(import.meta.url).resolve('@parlance/whisper/models'),
);
