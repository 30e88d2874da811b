import { describe, expect, it } from '@jest/globals';
import { classesOf } from './classification.js';

const scores = { type: 'float32', dims: [2, 3], data: Float32Array.of(0.1, 0.7, 0.2, 5, 4, 5) } as const;

describe('classification', () => {
  it('gives each row of a batch its own classes, the greatest first and of equal ones the first', () => {
    expect(classesOf('scores', scores, { count: 2, isBatched: true })).toEqual({
      type: 'string',
      dims: [2, 2],
      data: ['0.700000:1', '0.200000:2', '5.000000:0', '5.000000:2'],
    });
  });

  it('takes all elements as one row where the model has no batch, and no more than there are', () => {
    const value = { type: 'int64', dims: [1, 3], data: BigInt64Array.of(3n, 9n, 2n) } as const;
    expect(classesOf('votes', value, { count: 7, isBatched: false })).toEqual({
      type: 'string',
      dims: [3],
      data: ['9:1', '3:0', '2:2'],
    });
  });

  it('is refused of texts', () => {
    const value = { type: 'string', dims: [1], data: ['a'] } as const;
    expect(() =>
      classesOf('names', { ...value, data: [...value.data] }, { count: 1, isBatched: false }),
    ).toThrow("'names' is of the datatype BYTES");
  });
});
