import { open, type FileHandle } from 'node:fs/promises';
import type { ModelMetadata, TensorSignature, TensorType } from './protocol.js';

/** Field numbers of onnx.proto on the way to the shapes of inputs and outputs. */
const MODEL_GRAPH = 7;
const GRAPH = { initializer: 5, input: 11, output: 12 } as const;
const TENSOR_NAME = 8;
const VALUE = { name: 1, type: 2 } as const;
const TYPE_TENSOR = 1;
const TENSOR_TYPE = { element: 1, shape: 2 } as const;
const SHAPE_DIMENSION = 1;
const DIMENSION_VALUE = 1;

/** TensorProto.DataType; those that no tensor has here are left out. */
const ELEMENT_TYPES: Readonly<Record<number, TensorType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
};

const CHUNK_BYTES = 64 * 1024;
/** The longest number of protobuf. */
const MAX_VARINT_BYTES = 10;

/** A field of a message in the file: where its content lies, or the number that it is. */
interface Field {
  readonly number: number;
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

/** A file of which little is read, and that in order. */
class FileBytes {
  private chunk: Buffer = Buffer.alloc(0);
  private chunkAt = 0;

  constructor(private readonly file: FileHandle) {}

  /** @throws Error where the file ends before */
  async read(at: number, length: number): Promise<Buffer> {
    if (at < this.chunkAt || at + length > this.chunkAt + this.chunk.length) {
      const wanted = Buffer.alloc(Math.max(length, CHUNK_BYTES));
      const { bytesRead } = await this.file.read(wanted, 0, wanted.length, at);
      [this.chunk, this.chunkAt] = [wanted.subarray(0, bytesRead), at];
    }
    return this.chunk.subarray(at - this.chunkAt, at - this.chunkAt + length);
  }

  async varint(at: number): Promise<[value: number, next: number]> {
    const bytes = await this.read(at, MAX_VARINT_BYTES);
    let value = 0;
    for (let index = 0, factor = 1; index < bytes.length; index++, factor *= 128) {
      value += (bytes[index]! & 0x7f) * factor;
      if (bytes[index]! < 0x80) return [value, at + index + 1];
    }
    throw new Error('this is no ONNX model');
  }

  /** The fields of a message that lies between two positions; contents are passed over. */
  async *fields(start: number, end: number): AsyncGenerator<Field> {
    for (let at = start; at < end;) {
      const [tag, afterTag] = await this.varint(at);
      const number = Math.floor(tag / 8);
      if (tag % 8 === 0) {
        const [value, next] = await this.varint(afterTag);
        yield { number, start: afterTag, end: next, value };
        at = next;
      } else if (tag % 8 === 2) {
        const [length, content] = await this.varint(afterTag);
        yield { number, start: content, end: content + length, value: 0 };
        at = content + length;
      } else if (tag % 8 === 1 || tag % 8 === 5) at = afterTag + (tag % 8 === 1 ? 8 : 4);
      else throw new Error('this is no ONNX model');
    }
  }

  /** The first field of a number in a message. */
  async first(message: Field | undefined, number: number): Promise<Field | undefined> {
    if (!message) return undefined;
    for await (const field of this.fields(message.start, message.end))
      if (field.number === number) return field;
    return undefined;
  }

  async text(field: Field | undefined): Promise<string> {
    if (!field) return '';
    const length = field.end - field.start;
    if (length > CHUNK_BYTES) throw new Error('this is no ONNX model');
    return (await this.read(field.start, length)).toString('utf8');
  }
}

/** What an ONNX file takes and gives, read without its weights: for models that are not in memory.
 *  @throws Error where it is no ONNX file */
export async function fileSignature(path: string): Promise<Pick<ModelMetadata, 'inputs' | 'outputs'>> {
  const file = await open(path);
  try {
    const bytes = new FileBytes(file);
    const { size } = await file.stat();
    const graph = await bytes.first({ number: 0, start: 0, end: size, value: 0 }, MODEL_GRAPH);
    if (!graph) throw new Error('this is no ONNX model');
    const [inputs, outputs, weights]: [Field[], Field[], Field[]] = [[], [], []];
    const lists = new Map([
      [GRAPH.input, inputs],
      [GRAPH.output, outputs],
      [GRAPH.initializer, weights],
    ] as [number, Field[]][]);
    for await (const field of bytes.fields(graph.start, graph.end)) lists.get(field.number)?.push(field);
    const constants = new Set<string>();
    for (const weight of weights) constants.add(await bytes.text(await bytes.first(weight, TENSOR_NAME)));
    const taken = await signaturesOf(bytes, inputs);
    // Old files name their weights among the inputs.
    return {
      inputs: taken.filter(({ name }) => !constants.has(name)),
      outputs: await signaturesOf(bytes, outputs),
    };
  } finally {
    await file.close();
  }
}

async function signaturesOf(bytes: FileBytes, values: readonly Field[]): Promise<TensorSignature[]> {
  const signatures: TensorSignature[] = [];
  for (const value of values) {
    const name = await bytes.text(await bytes.first(value, VALUE.name));
    const tensor = await bytes.first(await bytes.first(value, VALUE.type), TYPE_TENSOR);
    const element = await bytes.first(tensor, TENSOR_TYPE.element);
    const dimensions = await bytes.first(tensor, TENSOR_TYPE.shape);
    const shape: number[] = [];
    if (dimensions)
      for await (const field of bytes.fields(dimensions.start, dimensions.end))
        if (field.number === SHAPE_DIMENSION) shape.push(sizeOf(await bytes.first(field, DIMENSION_VALUE)));
    signatures.push({ name, type: ELEMENT_TYPES[element?.value ?? 0] ?? 'float32', shape });
  }
  return signatures;
}

/** A dimension without a number is free, and so is one below 0, which reads as the largest numbers there are. */
function sizeOf(field: Field | undefined): number {
  return field && field.value <= Number.MAX_SAFE_INTEGER ? field.value : -1;
}
