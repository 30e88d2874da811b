import type { Feeds, Tensor } from '@parlance/onnx/model';
import { crossNames, type CrossAttention } from './encoder.js';
import { floats, floatTypeOf, free, integers, zeros, type FloatType } from './tensors.js';
import type { WhisperManifest } from './whisper-graphs.js';

type Dims = WhisperManifest['dims'];

/** Rows the buffers have room for when they grow. */
const CAPACITIES = [2, 3, 4, 6, 8];
/** A stride this much longer than needed is shortened: every row costs as much as the longest. */
const SPARE = 1.6;

export interface CrossBatch {
  readonly feeds: Feeds;
  /** Index among those asked for, by slot. */
  readonly order: readonly number[];
}

/**
 * The audio of several rows as one tensor, [rows, heads, positions, width]. A row's is copied in when it joins and stays in
 * its slot; who leaves is overwritten by who comes.
 */
export class CrossSlots {
  private readonly names: readonly string[];
  private buffers: readonly Float32Array[] = [];
  /** Positions between rows. */
  private stride = 0;
  private slots: (CrossAttention | undefined)[] = [];

  constructor(
    private readonly dims: Dims,
    private readonly type: FloatType = 'float32',
  ) {
    this.names = crossNames(dims);
  }

  compose(rows: readonly CrossAttention[]): CrossBatch {
    this.fit(rows.length, Math.max(...rows.map((row) => row.positions)));
    const wanted = new Set(rows);
    const order = new Array<number>(rows.length);
    const seated = this.slots.slice(0, rows.length);
    const placed = new Set<CrossAttention>();
    seated.forEach((row, slot) => {
      if (!row || !wanted.has(row)) return;
      placed.add(row);
      order[slot] = rows.indexOf(row);
    });
    rows.forEach((row, index) => {
      if (placed.has(row)) return;
      const slot = order.findIndex((_, i) => order[i] === undefined);
      this.copy(row, slot);
      order[slot] = index;
    });
    return { feeds: this.feeds(rows.length), order };
  }

  /** Forgets a window whose tensors are about to belong to another. */
  forget(row: CrossAttention): void {
    this.slots = this.slots.map((seated) => (seated === row ? undefined : seated));
  }

  private fit(rows: number, positions: number): void {
    if (positions > this.stride || positions * SPARE < this.stride) {
      this.stride = positions;
      this.slots = [];
    }
    const length = this.stride * this.dims.decoderWidth;
    if (rows * length <= (this.buffers[0]?.length ?? 0)) return;
    const capacity = CAPACITIES.find((size) => size >= rows) ?? rows;
    free(...this.buffers);
    this.buffers = this.names.map(() => zeros(capacity * length, this.type));
    this.slots = [];
  }

  private copy(row: CrossAttention, slot: number): void {
    // It may follow the rows of this run, from a larger one.
    this.forget(row);
    const { decoderHeads: heads, decoderWidth } = this.dims;
    const width = decoderWidth / heads;
    this.names.forEach((name, i) => {
      const source = row.tensors[name]?.data as Float32Array;
      const target = this.buffers[i] as Float32Array;
      for (let head = 0; head < heads; head++) {
        const from = head * row.positions * width;
        const to = (slot * heads + head) * this.stride * width;
        target.set(source.subarray(from, from + row.positions * width), to);
      }
    });
    this.slots[slot] = row;
  }

  private feeds(rows: number): Feeds {
    const { decoderHeads, decoderWidth } = this.dims;
    const shape = [rows, decoderHeads, this.stride, decoderWidth / decoderHeads];
    const tensors = this.names.map((name, i): [string, Tensor] => [
      name,
      floats(
        (this.buffers[i] as Float32Array).subarray(0, rows * this.stride * decoderWidth),
        shape,
        this.type,
      ),
    ]);
    const positions = this.slots.slice(0, rows).map((row) => row?.positions ?? 0);
    return { ...Object.fromEntries(tensors), cross_frames: integers(positions, [rows]) };
  }
}

/** A row's self-attention cache: row `index` of `tensors`, after `start` padded positions. */
export interface CacheRow {
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

/** Caches of several rows as one batch, padded on the left. Rows that are already in one tensor, in order, are not copied. */
export function joinCaches(rows: readonly CacheRow[]): SelfCaches {
  const [first] = rows;
  if (!first) throw new RangeError('a batch has at least one row');
  const isAligned = positionsOf(first) % ALIGNMENT === 0;
  const isWhole = rows.every(({ tensors, index }, i) => tensors === first.tensors && index === i);
  if (isAligned && isWhole && rowsOf(first) === rows.length)
    return { tensors: first.tensors, starts: rows.map(({ start }) => start) };
  const lengths = rows.map((row) => positionsOf(row) - row.start);
  const longest = Math.ceil(Math.max(...lengths) / ALIGNMENT) * ALIGNMENT;
  const tensors = Object.keys(first.tensors).map((name): [string, Tensor] => [
    name,
    joined(name, rows, longest),
  ]);
  return { tensors: Object.fromEntries(tensors), starts: lengths.map((length) => longest - length) };
}

/** Positions a row has filled: the next one's number. */
export function filledPositions(row: CacheRow): number {
  return positionsOf(row) - row.start;
}

function joined(name: string, rows: readonly CacheRow[], longest: number): Tensor {
  const like = rows[0]?.tensors[name] as Tensor;
  const [, heads = 0, , width = 0] = like.dims;
  const type = floatTypeOf(like);
  const target = zeros(rows.length * heads * longest * width, type);
  rows.forEach(({ tensors, index, start }, row) => {
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
  return floats(target, [rows.length, heads, longest, width], type);
}

function positionsOf({ tensors }: CacheRow): number {
  return Object.values(tensors)[0]?.dims[2] ?? 0;
}

function rowsOf({ tensors }: CacheRow): number {
  return Object.values(tensors)[0]?.dims[0] ?? 0;
}
