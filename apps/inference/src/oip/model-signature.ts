import { AppError } from '@parlance/errors';
import { fileSignature, type ModelMetadata } from '@parlance/onnx';
import type { ModelStatus } from '../registry/model-registry.service.js';

/** Models have one version: the content of their folder. */
export const MODEL_VERSION = '1';

/** @param version  empty for the only one */
export function isKnownVersion(version: string): boolean {
  return version === '' || version === MODEL_VERSION;
}

/** @throws AppError model.not_found */
export function checkVersion(version: string): void {
  if (!isKnownVersion(version))
    throw new AppError('model.not_found', `Models have the one version ${MODEL_VERSION}.`);
}

/** What a model takes and gives; of one that is not loaded by its file. Whisper has no tensors of its own here.
 *  @throws AppError model.invalid */
export async function signatureOf({
  name,
  kind,
  location,
  metadata,
}: ModelStatus): Promise<Pick<ModelMetadata, 'inputs' | 'outputs'>> {
  if (metadata) return metadata;
  if (kind === 'whisper') return { inputs: [], outputs: [] };
  try {
    return await fileSignature(location);
  } catch (cause) {
    throw new AppError('model.invalid', `The file of the model '${name}' cannot be read.`, { cause });
  }
}
