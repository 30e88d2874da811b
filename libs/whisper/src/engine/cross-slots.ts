import type { Feeds, Tensor } from '@parlance/onnx/model';
import type { WhisperManifest } from '../manifest.schema.js';
import { crossNames, type CrossAttention } from './cross-attention.js';
import { floats, free, integers, zeros, type FloatType } from './tensors.js';

type Dims = WhisperManifest['dims'];

/** Rows the buffers have room for when they grow. */
const CAPACITIES = [2, 3, 4, 6, 8];
/** A stride this much longer than needed is given up: every row pays for the longest. */
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
    // It may stand behind the rows of this run, from a larger one.
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
