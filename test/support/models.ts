import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSettings } from '@parlance/cli/machine/settings';

/** Folders of models that the set-up has filled; earlier ones win, as in the product. */
export const MODEL_FOLDERS: readonly string[] = readSettings().modelFolders;

/** Of recognition's threads (libs/onnx): what spins takes the processors from the suites that run beside (jest.config.js). */
export const SPINNING = !('besideOthers' in globalThis);

/** What the tests' services are told of models. The smallest published checkpoint serves, unless a test asks for another. */
export const MODEL_ENVIRONMENT = {
  PARLANCE_MODELS: MODEL_FOLDERS.join(','),
  PARLANCE_MODEL_CACHE: process.env.PARLANCE_MODEL_CACHE ?? '.cache/models',
  PARLANCE_DEFAULT_MODEL: 'whisper-tiny.en',
  PARLANCE_WORKER_SPINNING: String(SPINNING),
} as const;

/** A folder of models with none in it: espeak-ng speaks, everywhere and at once. For suites that are not about voices. */
export const NO_MODELS = { PARLANCE_MODELS: 'no-models' } as const;

/** A file of a model, by the model's name.
 *  @throws Error where the set-up has not brought it */
export function modelFile(model: string, file: string): string {
  const found = MODEL_FOLDERS.flatMap((root) =>
    [`openai-${model}`, model].map((name) => join(root, name, file)),
  );
  const path = found.find((candidate) => existsSync(candidate));
  if (!path) throw new Error(`${model} is not on this machine: run make setup.`);
  return path;
}
