import type { InferTensorContents__Output } from '@parlance/contracts/proto/inference/InferTensorContents';
import type { _inference_ModelInferRequest_InferInputTensor__Output as InputTensor } from '@parlance/contracts/proto/inference/ModelInferRequest';
import { AppError } from '@parlance/errors';
import type { TensorData, TensorValue } from '@parlance/onnx';
import { printableName } from '../registry/model-catalog.js';
import { datatypeNamed, datatypeOf, type Datatype } from './datatypes.js';

/** Larger tensors do not fit a message anyway. */
const MAX_ELEMENTS = 64 * 1024 * 1024;

/**
 * An input as the runtime takes it.
 * @param raw  its bytes, when the request carries raw contents
 * @throws AppError request.invalid
 */
export function decodeTensor(tensor: InputTensor, raw: Buffer | undefined): TensorValue {
  const datatype = datatypeNamed(tensor.datatype);
  const dims = tensor.shape;
  const count = dims.reduce((product, size) => product * size, 1);
  if (dims.some((size) => !Number.isInteger(size) || size < 0) || count > MAX_ELEMENTS)
    throw misfit(tensor.name, 'its shape is not usable');
  const contents = tensor.contents ?? undefined;
  const other = contents && otherField(datatype, contents);
  if (other) throw misfit(tensor.name, `${datatype.name} has its elements in another field than ${other}`);
  const data = raw ? fromRaw(datatype, raw, count) : fromContents(datatype, contents);
  if (data?.length !== count) throw misfit(tensor.name, lengthFault(datatype, count, raw, data));
  if (contents && !isWithin(data, contents[datatype.field]))
    throw misfit(tensor.name, `some of its elements are beyond ${datatype.name}`);
  return { type: datatype.type, dims, data };
}

/** An output's bytes, little-endian; strings with their length in four bytes before each. */
export function encodeRaw({ data }: TensorValue): Buffer {
  if (!Array.isArray(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat(
    data.flatMap((text) => {
      const bytes = Buffer.from(text, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

export function datatypeNameOf(value: TensorValue): string {
  return datatypeOf(value.type).name;
}

function fromRaw({ array }: Datatype, raw: Buffer, count: number): TensorData | undefined {
  if (!array) return readStrings(raw);
  if (raw.length !== count * array.BYTES_PER_ELEMENT) return undefined;
  // Its own memory: aligned, and movable to a worker.
  const copy = new Uint8Array(raw);
  return new array(copy.buffer, 0, count);
}

function readStrings(raw: Buffer): string[] | undefined {
  const texts: string[] = [];
  for (let at = 0; at < raw.length;) {
    if (at + 4 > raw.length) return undefined;
    const end = at + 4 + raw.readUInt32LE(at);
    if (end > raw.length) return undefined;
    texts.push(raw.toString('utf8', at + 4, end));
    at = end;
  }
  return texts;
}

function fromContents(
  { type, field }: Datatype,
  contents: InferTensorContents__Output | undefined,
): TensorData | undefined {
  const values = contents?.[field];
  if (!values) return undefined;
  switch (type) {
    case 'string':
      return (values as Buffer[]).map((bytes) => bytes.toString('utf8'));
    case 'int64':
      return BigInt64Array.from(values as number[], BigInt);
    case 'uint64':
      return BigUint64Array.from(values as number[], BigInt);
    case 'bool':
      return Uint8Array.from(values as boolean[], Number);
    case 'int8':
      return Int8Array.from(values as number[]);
    case 'int16':
      return Int16Array.from(values as number[]);
    case 'int32':
      return Int32Array.from(values as number[]);
    case 'uint8':
      return Uint8Array.from(values as number[]);
    case 'uint16':
      return Uint16Array.from(values as number[]);
    case 'uint32':
      return Uint32Array.from(values as number[]);
    case 'float64':
      return Float64Array.from(values as number[]);
    case 'float32':
      return Float32Array.from(values as number[]);
  }
}

/** Elements in a field that the datatype does not read. */
function otherField({ field }: Datatype, contents: InferTensorContents__Output): string | undefined {
  const filled = Object.entries(contents).filter(([, values]) => values.length > 0);
  const other = filled.find(([name]) => name !== field)?.[0];
  return other?.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Whether every integer is what it was: not wrapped round, nor rounded on its way as a number. */
function isWithin(data: TensorData, values: readonly unknown[]): boolean {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    return values.every((value) => Number.isSafeInteger(value));
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  if (isFloat || Array.isArray(data)) return true;
  return values.every((value, at) => Number(value) === data[at]);
}

function lengthFault(
  { array }: Datatype,
  count: number,
  raw: Buffer | undefined,
  data: TensorData | undefined,
): string {
  const asked = `its shape asks for ${count} elements`;
  if (raw && array)
    return `${asked}, which are ${count * array.BYTES_PER_ELEMENT} bytes, and it has ${raw.length}`;
  if (raw && !data) return 'its elements are not each behind their length in four bytes';
  return `${asked}, and it has ${data?.length ?? 0}`;
}

function misfit(name: string, reason: string): AppError {
  return new AppError('request.invalid', `The tensor '${printableName(name)}' does not fit: ${reason}.`);
}
