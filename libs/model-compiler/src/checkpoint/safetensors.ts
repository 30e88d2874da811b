import { open, type FileHandle } from 'node:fs/promises';
import { AppError } from '@parlance/errors';
import { widenBfloat16, widenFloat16 } from './half-floats.js';
import { readBytes, type TensorFile } from './tensor-file.js';

/** Bytes of one element, by the format's type names that the compiler takes. */
const ELEMENT_BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2 };
/** The format's own bound on its header. */
const MAX_HEADER_BYTES = 100_000_000;

interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** One .safetensors file (https://github.com/huggingface/safetensors): the header is read at once, each tensor's bytes only when asked for. */
export class SafetensorsFile implements TensorFile {
  private constructor(
    private readonly handle: FileHandle,
    private readonly label: string,
    private readonly entries: ReadonlyMap<string, TensorEntry>,
  ) {}

  /** @param label the file's name as it may be shown to a client */
  static async open(path: string, label: string): Promise<SafetensorsFile> {
    const handle = await open(path, 'r').catch((cause: unknown) => {
      throw new AppError('model.invalid', `The model file ${label} is missing.`, { cause });
    });
    try {
      const { size } = await handle.stat();
      return new SafetensorsFile(handle, label, await readHeader(handle, size, label));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  shape(name: string): readonly number[] {
    return this.entry(name).shape;
  }

  /** @returns the tensor widened to float32, row-major. Reads only its own bytes. */
  async read(name: string): Promise<Float32Array> {
    const { dtype, begin, end } = this.entry(name);
    const what = `${this.label} ends inside tensor ${name}`;
    const bytes = await readBytes(this.handle, begin, end - begin, what);
    if (dtype === 'F32') return new Float32Array(bytes.buffer);
    const halves = new Uint16Array(bytes.buffer);
    return dtype === 'F16' ? widenFloat16(halves) : widenBfloat16(halves);
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private entry(name: string): TensorEntry {
    const entry = this.entries.get(name);
    if (!entry) throw new AppError('model.invalid', `The model file ${this.label} has no tensor ${name}.`);
    return entry;
  }
}

async function readHeader(
  handle: FileHandle,
  size: number,
  label: string,
): Promise<Map<string, TensorEntry>> {
  const broken = (why: string, cause?: unknown): AppError =>
    new AppError('model.invalid', `The model file ${label} is not a whole safetensors file: ${why}.`, {
      cause,
    });
  const prefix = Buffer.alloc(8);
  if (size < 8 || (await handle.read(prefix, 0, 8, 0)).bytesRead < 8)
    throw broken('it is shorter than its length field');
  const length = Number(prefix.readBigUInt64LE());
  if (length > MAX_HEADER_BYTES || 8 + length > size) throw broken('its header does not fit in it');
  const text = Buffer.alloc(length);
  await handle.read(text, 0, length, 8);
  let header: Record<string, { dtype?: unknown; shape?: unknown; data_offsets?: unknown }>;
  try {
    header = JSON.parse(text.toString('utf8')) as typeof header;
  } catch (error) {
    throw broken('its header is not JSON', error);
  }
  const entries = new Map<string, TensorEntry>();
  for (const [name, fields] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    entries.set(name, tensorEntry(name, fields, 8 + length, size, label));
  }
  return entries;
}

function tensorEntry(
  name: string,
  fields: { dtype?: unknown; shape?: unknown; data_offsets?: unknown },
  dataStart: number,
  size: number,
  label: string,
): TensorEntry {
  const invalid = (why: string): AppError =>
    new AppError('model.invalid', `Tensor ${name} in ${label} ${why}.`);
  const { dtype, shape, data_offsets: offsets } = fields;
  const whole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(whole)) throw invalid('has no valid shape');
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(whole))
    throw invalid('has no valid offsets');
  const [begin, end] = offsets as [number, number];
  const bytes = typeof dtype === 'string' ? ELEMENT_BYTES[dtype] : undefined;
  if (bytes === undefined) throw invalid(`is of type ${String(dtype)}, not F32, F16 or BF16`);
  const expected = shape.reduce((product, dim) => product * dim, bytes);
  if (end - begin !== expected)
    throw invalid(`holds ${end - begin} bytes where its shape [${shape.join(', ')}] asks for ${expected}`);
  if (dataStart + end > size) throw invalid('lies beyond the end of the file');
  return { dtype: dtype as string, shape, begin: dataStart + begin, end: dataStart + end };
}
