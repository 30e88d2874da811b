import { AppError } from '@parlance/errors';
import { textHead } from '@parlance/contracts';

/** How an element of a datatype lies in the bytes of a tensor. */
interface ElementType {
  readonly bytes: number;
  read(raw: Buffer, at: number): number | bigint | boolean;
  /** @throws RangeError for what is beyond the datatype */
  write(raw: Buffer, at: number, value: number): void;
  readonly isFloat?: true;
}

const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = {
  BOOL: { bytes: 1, read: (raw, at) => raw[at] !== 0, write: (raw, at, value) => raw.writeUInt8(value, at) },
  INT8: {
    bytes: 1,
    read: (raw, at) => raw.readInt8(at),
    write: (raw, at, value) => raw.writeInt8(value, at),
  },
  INT16: {
    bytes: 2,
    read: (raw, at) => raw.readInt16LE(at),
    write: (raw, at, value) => raw.writeInt16LE(value, at),
  },
  INT32: {
    bytes: 4,
    read: (raw, at) => raw.readInt32LE(at),
    write: (raw, at, value) => raw.writeInt32LE(value, at),
  },
  INT64: {
    bytes: 8,
    read: (raw, at) => raw.readBigInt64LE(at),
    write: (raw, at, value) => raw.writeBigInt64LE(BigInt(value), at),
  },
  UINT8: {
    bytes: 1,
    read: (raw, at) => raw.readUInt8(at),
    write: (raw, at, value) => raw.writeUInt8(value, at),
  },
  UINT16: {
    bytes: 2,
    read: (raw, at) => raw.readUInt16LE(at),
    write: (raw, at, value) => raw.writeUInt16LE(value, at),
  },
  UINT32: {
    bytes: 4,
    read: (raw, at) => raw.readUInt32LE(at),
    write: (raw, at, value) => raw.writeUInt32LE(value, at),
  },
  UINT64: {
    bytes: 8,
    read: (raw, at) => raw.readBigUInt64LE(at),
    write: (raw, at, value) => raw.writeBigUInt64LE(BigInt(value), at),
  },
  FP32: {
    bytes: 4,
    read: (raw, at) => raw.readFloatLE(at),
    write: (raw, at, value) => raw.writeFloatLE(value, at),
    isFloat: true,
  },
  FP64: {
    bytes: 8,
    read: (raw, at) => raw.readDoubleLE(at),
    write: (raw, at, value) => raw.writeDoubleLE(value, at),
    isFloat: true,
  },
};
const TEXT = 'BYTES';
/** Of nested lists; a tensor has no more dimensions. */
const DEEPEST = 16;

/**
 * The bytes of an input whose elements are JSON: a flat list or nested ones, row by row.
 * @throws AppError request.invalid naming the input
 */
export function rawOf(name: string, datatype: string, data: readonly unknown[]): Buffer {
  const elements = data.flat(DEEPEST) as unknown[];
  if (datatype === TEXT) return rawTexts(name, elements);
  const type = Object.hasOwn(ELEMENT_TYPES, datatype) ? ELEMENT_TYPES[datatype] : undefined;
  if (!type)
    throw invalid(
      name,
      `no JSON is read for the datatype ${textHead(datatype, 20)}; send its elements as binary data`,
    );
  const raw = Buffer.alloc(elements.length * type.bytes);
  elements.forEach((element, index) => {
    const value = datatype === 'BOOL' && typeof element === 'boolean' ? Number(element) : element;
    const isNumber = type.isFloat ? typeof value === 'number' : Number.isSafeInteger(value);
    if (!isNumber || (datatype === 'BOOL' && value !== 0 && value !== 1))
      throw invalid(name, `the element ${index} is no ${datatype}${hintOf(value)}`);
    try {
      type.write(raw, index * type.bytes, value as number);
    } catch {
      throw invalid(name, `the element ${index} is beyond ${datatype}`);
    }
  });
  return raw;
}

/**
 * The elements of an output as JSON has them. Integers beyond what JSON's readers keep exactly are written out in full.
 * @throws AppError request.invalid naming the output whose elements JSON has no numbers for
 */
export function elementsOf(name: string, datatype: string, raw: Buffer): unknown[] {
  if (datatype === TEXT) return textsOf(raw);
  const type = ELEMENT_TYPES[datatype];
  if (!type)
    throw invalid(name, `no JSON is written for the datatype ${datatype}; ask for it as binary data`);
  return Array.from({ length: raw.length / type.bytes }, (_, index) => {
    const value = type.read(raw, index * type.bytes);
    if (typeof value === 'bigint') return jsonInteger(value);
    if (typeof value === 'number' && !Number.isFinite(value))
      throw invalid(
        name,
        `the element ${index} is ${value}, which JSON does not have; ask for it as binary data`,
      );
    return value;
  });
}

function rawTexts(name: string, elements: readonly unknown[]): Buffer {
  return Buffer.concat(
    elements.flatMap((element, index) => {
      if (typeof element !== 'string') throw invalid(name, `the element ${index} is no text`);
      const bytes = Buffer.from(element, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

function textsOf(raw: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < raw.length;) {
    const end = at + 4 + raw.readUInt32LE(at);
    texts.push(raw.toString('utf8', at + 4, end));
    at = end;
  }
  return texts;
}

/** What JSON.stringify writes as it is. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

function jsonInteger(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJson(String(value));
}

function hintOf(value: unknown): string {
  const isTooLarge = typeof value === 'number' && Number.isInteger(value);
  return isTooLarge ? ' that JSON keeps exactly; send its elements as binary data' : '';
}

function invalid(tensor: string, reason: string): AppError {
  return new AppError('request.invalid', `'${textHead(tensor, 64)}': ${reason}.`);
}
