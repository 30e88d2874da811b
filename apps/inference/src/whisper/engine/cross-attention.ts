import { Tensor, type Feeds } from '../../runtime/onnx-session.js';
import type { WhisperManifest } from '../manifest.schema.js';
import { floats, integers, zeros, type FloatType } from './tensors.js';

type Dims = WhisperManifest['dims'];

/** What the decoder hears of one window: keys and values of every layer, [1, heads, positions, width]. */
export interface CrossAttention {
  /** `cross_k_l` and `cross_v_l`. */
  readonly tensors: Feeds;
  /** The same with `cross_frames`, as a graph takes them for this window alone. */
  readonly feeds: Feeds;
  readonly positions: number;
  /** After it the tensors belong to another window. */
  release(): void;
}

/** Buffers kept when no window needs them. */
const KEPT = 4;

/**
 * Memory that the encoder writes into, used again by window after window: 18 MB for 30 s of the tiny shape, which would
 * otherwise be allocated and copied for each.
 */
export class CrossPool {
  private readonly free: (readonly Float32Array[])[] = [];
  private readonly names: readonly string[];

  constructor(
    private readonly dims: Dims,
    private readonly type: FloatType = 'float32',
  ) {
    this.names = crossNames(dims);
  }

  /** @param positions encoder positions, 20 ms each */
  acquire(positions: number): CrossAttention {
    const { decoderHeads, decoderWidth, encoderContext } = this.dims;
    const buffers = this.free.pop() ?? this.names.map(() => zeros(encoderContext * decoderWidth, this.type));
    const shape = [1, decoderHeads, positions, decoderWidth / decoderHeads];
    const tensors = Object.fromEntries(
      this.names.map((name, i): [string, Tensor] => [
        name,
        floats((buffers[i] as Float32Array).subarray(0, positions * decoderWidth), shape, this.type),
      ]),
    );
    let held = true;
    const release = (): void => {
      if (held && this.free.length < KEPT) this.free.push(buffers);
      held = false;
    };
    return { tensors, feeds: { ...tensors, cross_frames: integers([positions], [1]) }, positions, release };
  }
}

export function crossNames({ decoderLayers }: Pick<Dims, 'decoderLayers'>): string[] {
  return Array.from({ length: decoderLayers }, (_, l) => [`cross_k_${l}`, `cross_v_${l}`]).flat();
}
