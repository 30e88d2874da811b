import { AppError } from '@parlance/errors';
import type { Config, GenerationConfig } from '../checkpoint/checkpoint-files.schema.js';

/** Sizes of one Whisper model, named as in openai/whisper's ModelDimensions. */
export interface Dimensions {
  readonly mels: number;
  /** Encoder positions of a full window: 1500 for 30 s. */
  readonly encoderContext: number;
  readonly encoderWidth: number;
  readonly encoderHeads: number;
  readonly encoderLayers: number;
  readonly encoderFeedForward: number;
  readonly vocabulary: number;
  readonly decoderContext: number;
  readonly decoderWidth: number;
  readonly decoderHeads: number;
  readonly decoderLayers: number;
  readonly decoderFeedForward: number;
}

export function dimensionsOf(config: Config): Dimensions {
  for (const heads of [config.encoder_attention_heads, config.decoder_attention_heads]) {
    if (config.d_model % heads !== 0)
      throw new AppError(
        'model.invalid',
        `config.json: d_model ${config.d_model} does not divide into ${heads} heads.`,
      );
  }
  return {
    mels: config.num_mel_bins,
    encoderContext: config.max_source_positions,
    encoderWidth: config.d_model,
    encoderHeads: config.encoder_attention_heads,
    encoderLayers: config.encoder_layers,
    encoderFeedForward: config.encoder_ffn_dim,
    vocabulary: config.vocab_size,
    decoderContext: config.max_target_positions,
    decoderWidth: config.d_model,
    decoderHeads: config.decoder_attention_heads,
    decoderLayers: config.decoder_layers,
    decoderFeedForward: config.decoder_ffn_dim,
  };
}

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
