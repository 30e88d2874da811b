import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ElementType } from './onnx-proto.js';

/** Where a weight's bytes lie. Offsets are plain numbers: exact to 2^53, written into ONNX as decimal text. */
export interface WeightEntry {
  readonly element: ElementType;
  readonly dims: readonly number[];
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Every weight of a compiled model by name, over all its files. */
export type WeightIndex = ReadonlyMap<string, WeightEntry>;

/** Page-aligned, so that a runtime may map each weight straight from the file. */
const ALIGNMENT = 4096;
/** One write call moves at most this much: Linux cuts a single write at 2 GiB. */
const WRITE_CHUNK = 1 << 28;

/** Halves come as their bits. */
export type WeightArray = Float32Array | Uint16Array | Uint8Array | Int8Array;

/** Appends weights to one external-data file; graphs refer to them by name, so that several graphs share the bytes. */
export class WeightFile {
  private position = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly file: string,
    private readonly index: Map<string, WeightEntry>,
  ) {}

  static async create(folder: string, file: string, index: Map<string, WeightEntry>): Promise<WeightFile> {
    return new WeightFile(await open(join(folder, file), 'w'), file, index);
  }

  async add(name: string, dims: readonly number[], data: WeightArray): Promise<void> {
    if (this.index.has(name)) throw new Error(`weight ${name} is written twice`);
    this.position = Math.ceil(this.position / ALIGNMENT) * ALIGNMENT;
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let at = 0; at < bytes.length; at += WRITE_CHUNK) {
      const chunk = bytes.subarray(at, Math.min(bytes.length, at + WRITE_CHUNK));
      for (let done = 0; done < chunk.length;) {
        const { bytesWritten } = await this.handle.write(
          chunk,
          done,
          chunk.length - done,
          this.position + at + done,
        );
        done += bytesWritten;
      }
    }
    this.index.set(name, {
      element: elementOf(data),
      dims,
      file: this.file,
      offset: this.position,
      length: bytes.length,
    });
    this.position += bytes.length;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

function elementOf(data: WeightArray): ElementType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint16Array) return 'float16';
  return data instanceof Int8Array ? 'int8' : 'uint8';
}
