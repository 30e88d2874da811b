import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSignature } from './file-signature.js';

const delimited = (number: number, ...content: readonly Buffer[]): Buffer => {
  const whole = Buffer.concat(content);
  return Buffer.concat([varint(number * 8 + 2), varint(whole.length), whole]);
};
const number = (field: number, value: number): Buffer => Buffer.concat([varint(field * 8), varint(value)]);
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** A ValueInfoProto. @param shape  a text is the name of a free dimension */
const value = (name: string, element: number, shape: readonly (number | string)[]): Buffer => {
  const dimensions = shape.map((size) =>
    delimited(1, typeof size === 'number' ? number(1, size) : delimited(2, Buffer.from(size))),
  );
  const tensor = delimited(1, number(1, element), delimited(2, ...dimensions));
  return Buffer.concat([delimited(1, Buffer.from(name)), delimited(2, tensor)]);
};

describe('the signature of an ONNX file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'parlance-signature-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const written = async (content: Buffer): Promise<string> => {
    const path = join(folder, 'model.onnx');
    await writeFile(path, content);
    return path;
  };

  it('has names, types and shapes of inputs and outputs, and no weights', async () => {
    const weight = delimited(
      5,
      number(1, 200_000),
      delimited(8, Buffer.from('w')),
      delimited(9, Buffer.alloc(200_000)),
    );
    const graph = delimited(
      7,
      ...[delimited(1, delimited(4, Buffer.from('MatMul'))), weight],
      ...[delimited(11, value('x', 1, ['batch', 4])), delimited(11, value('w', 1, [4, 3]))],
      delimited(12, value('label', 8, [1])),
    );
    const path = await written(Buffer.concat([number(1, 8), graph]));
    expect(await fileSignature(path)).toEqual({
      inputs: [{ name: 'x', type: 'float32', shape: [-1, 4] }],
      outputs: [{ name: 'label', type: 'string', shape: [1] }],
    });
  });

  it('is not had of a file that is no model', async () => {
    await expect(fileSignature(await written(Buffer.from('no model at all')))).rejects.toThrow(
      'no ONNX model',
    );
    await expect(fileSignature(await written(Buffer.alloc(0)))).rejects.toThrow('no ONNX model');
  });
});
