import type { Feeds } from '@parlance/onnx/model';
import type { WhisperManifest } from '../manifest.schema.js';
import { freeAll, integers } from './tensors.js';

type Dims = WhisperManifest['dims'];

/** What the decoder hears of one window: keys and values of every layer, [1, heads, positions, width]. */
export interface CrossAttention {
  /** `cross_k_l` and `cross_v_l`: 18 MB for 30 s of the tiny shape. */
  readonly tensors: Feeds;
  /** The same with `cross_frames`, as a graph takes them for this window alone. */
  readonly feeds: Feeds;
  /** Encoder positions, 20 ms each. */
  readonly positions: number;
  /** To be called however the window ended; its tensors are empty then. */
  release(): void;
}

/** @param tensors outputs of the encoder, which the result owns */
export function crossAttentionOf(tensors: Feeds, positions: number): CrossAttention {
  return {
    tensors,
    feeds: { ...tensors, cross_frames: integers([positions], [1]) },
    positions,
    release: () => freeAll(tensors),
  };
}

export function crossNames({ decoderLayers }: Pick<Dims, 'decoderLayers'>): string[] {
  return Array.from({ length: decoderLayers }, (_, l) => [`cross_k_${l}`, `cross_v_${l}`]).flat();
}
