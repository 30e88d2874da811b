import type { Feeds, Tensor } from '@parlance/onnx/model';
import { floats, floatTypeOf, zeros } from './tensors.js';

/** Where a row's self-attention cache lies: in row `index` of `tensors`, behind `start` padded positions. */
export interface CachePlace {
  /** `self_k_l` and `self_v_l`, [rows, heads, positions, width] each. */
  readonly tensors: Feeds;
  readonly index: number;
  readonly start: number;
}

export interface SelfCaches {
  readonly tensors: Feeds;
  /** Padded positions in front of each row. */
  readonly starts: readonly number[];
}

/**
 * Every run begins with caches of a multiple of this many positions, and takes as many steps. So a row's positions always lie
 * at the same places of the processor's vectors, whose partial sums are added in the order of places: what it computes is the
 * same to the last bit beside any other rows.
 */
export const ALIGNMENT = 16;

/** Caches of several rows as one batch, padded on the left. Rows that lie together already are not touched. */
export function joinCaches(places: readonly CachePlace[]): SelfCaches {
  const [first] = places;
  if (!first) throw new RangeError('a batch has at least one row');
  const isAligned = positionsOf(first) % ALIGNMENT === 0;
  const isWhole = places.every(({ tensors, index }, i) => tensors === first.tensors && index === i);
  if (isAligned && isWhole && rowsOf(first) === places.length)
    return { tensors: first.tensors, starts: places.map(({ start }) => start) };
  const lengths = places.map((place) => positionsOf(place) - place.start);
  const longest = Math.ceil(Math.max(...lengths) / ALIGNMENT) * ALIGNMENT;
  const tensors = Object.keys(first.tensors).map((name): [string, Tensor] => [
    name,
    joined(name, places, longest),
  ]);
  return { tensors: Object.fromEntries(tensors), starts: lengths.map((length) => longest - length) };
}

/** Positions a row has filled: the next one's number. */
export function filled(place: CachePlace): number {
  return positionsOf(place) - place.start;
}

function joined(name: string, places: readonly CachePlace[], longest: number): Tensor {
  const like = places[0]?.tensors[name] as Tensor;
  const [, heads = 0, , width = 0] = like.dims;
  const type = floatTypeOf(like);
  const target = zeros(places.length * heads * longest * width, type);
  places.forEach(({ tensors, index, start }, row) => {
    const tensor = tensors[name] as Tensor;
    const source = tensor.data as Float32Array;
    const positions = tensor.dims[2] as number;
    const padding = longest - (positions - start);
    for (let head = 0; head < heads; head++) {
      const from = (index * heads + head) * positions;
      const to = (row * heads + head) * longest + padding;
      target.set(source.subarray((from + start) * width, (from + positions) * width), to * width);
    }
  });
  return floats(target, [places.length, heads, longest, width], type);
}

function positionsOf({ tensors }: CachePlace): number {
  return Object.values(tensors)[0]?.dims[2] ?? 0;
}

function rowsOf({ tensors }: CachePlace): number {
  return Object.values(tensors)[0]?.dims[0] ?? 0;
}
