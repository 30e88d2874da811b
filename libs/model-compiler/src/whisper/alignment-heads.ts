import { AppError } from '@parlance/errors';
import type { GenerationConfig } from '../checkpoint/checkpoint-files.schema.js';
import type { Dimensions } from './dimensions.js';

/** The decoder heads whose audio attention follows the words, as [layer, head], sorted as openai/whisper iterates over them.
 *  Without a list: every head of the upper half (openai/whisper, Whisper.__init__). */
export function alignmentHeads(
  generation: GenerationConfig,
  dims: Dimensions,
): readonly (readonly [number, number])[] {
  const { decoderLayers, decoderHeads } = dims;
  const listed = generation.alignment_heads;
  if (listed?.length) {
    for (const [layer, head] of listed) {
      if (layer >= decoderLayers || head >= decoderHeads) {
        throw new AppError(
          'model.invalid',
          `generation_config.json names alignment head [${layer}, ${head}], which the model does not have.`,
        );
      }
    }
    return [...listed].sort(([layerA, headA], [layerB, headB]) => layerA - layerB || headA - headB);
  }
  const upper = Array.from({ length: decoderLayers }, (_, layer) => layer).filter(
    (layer) => layer >= Math.floor(decoderLayers / 2),
  );
  return upper.flatMap((layer) => Array.from({ length: decoderHeads }, (_, head) => [layer, head] as const));
}
