import { describe, expect, it } from '@jest/globals';
import { elementsOf, rawOf } from './tensor-elements.js';

describe('the elements of a tensor in JSON', () => {
  it.each<[string, unknown[]]>([
    ['BOOL', [true, false]],
    ['INT8', [-128, 127]],
    ['INT16', [-32_768, 32_767]],
    ['INT32', [-2_147_483_648, 2_147_483_647]],
    ['INT64', [-1, Number.MAX_SAFE_INTEGER]],
    ['UINT8', [0, 255]],
    ['UINT16', [0, 65_535]],
    ['UINT32', [0, 4_294_967_295]],
    ['UINT64', [0, Number.MAX_SAFE_INTEGER]],
    ['FP32', [0.5, -2]],
    ['FP64', [0.1, -2]],
    ['BYTES', ['', 'grüß']],
  ])('of the datatype %s are what they were', (datatype, elements) => {
    expect(elementsOf('x', datatype, rawOf('x', datatype, elements))).toEqual(elements);
  });

  it('may be nested, row by row', () => {
    const rows = [
      [1, 2],
      [3, 4],
    ];
    expect([...rawOf('x', 'UINT8', rows)]).toEqual([1, 2, 3, 4]);
  });

  it('are written out in full where they are beyond what numbers keep', () => {
    const raw = Buffer.alloc(8);
    raw.writeBigInt64LE(9_007_199_254_740_993n);
    expect(JSON.stringify(elementsOf('x', 'INT64', raw))).toBe('[9007199254740993]');
  });

  it.each<[string, unknown, string]>([
    ['INT8', 128, 'beyond INT8'],
    ['INT32', 1.5, 'no INT32'],
    ['INT64', Number.MAX_SAFE_INTEGER + 1, 'binary data'],
    ['UINT8', -1, 'beyond UINT8'],
    ['BOOL', 2, 'no BOOL'],
    ['FP32', 'a', 'no FP32'],
    ['FP16', 1, 'binary data'],
    ['constructor', 1, 'binary data'],
    ['BYTES', 1, 'no text'],
  ])('of the datatype %s refuse %p', (datatype, element, message) => {
    expect(() => rawOf('x', datatype, [element])).toThrow(message);
  });

  it('have no number for what is none', () => {
    const raw = Buffer.alloc(4);
    raw.writeFloatLE(NaN);
    expect(() => elementsOf('x', 'FP32', raw)).toThrow('which JSON does not have');
  });
});
