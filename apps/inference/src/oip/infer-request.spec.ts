import { describe, expect, it } from '@jest/globals';
import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import type { ModelMetadata } from '@parlance/onnx';
import { checkParameters, readClassCounts, readDeadline, readInputs } from './infer-request.js';

const METADATA: ModelMetadata = {
  inputs: [
    { name: 'x', type: 'float32', shape: [-1, 2] },
    { name: 'rate', type: 'int64', shape: [] },
  ],
  outputs: [{ name: 'scores', type: 'float32', shape: [-1, 3] }],
};
const X = { name: 'x', datatype: 'FP32', shape: [1, 2] };
const RATE = { name: 'rate', datatype: 'INT64', shape: [] };
const RAW = [Buffer.alloc(8), Buffer.alloc(8)];

const request = (given: object) =>
  ({
    parameters: {},
    inputs: [X, RATE].map((input) => ({ ...input, parameters: {}, contents: null })),
    outputs: [],
    rawInputContents: RAW,
    ...given,
  }) as unknown as ModelInferRequest__Output;
const withX = (x: object) =>
  request({
    inputs: [
      { ...X, ...x, contents: null },
      { ...RATE, contents: null },
    ],
  });
const scores = (parameters: object) => request({ outputs: [{ name: 'scores', parameters }] });

describe('the inputs of a request', () => {
  it('are as the model takes them, and a scalar has any rank', () => {
    const inputs = [X, { ...RATE, shape: [1] }].map((input) => ({ ...input, contents: null }));
    expect(readInputs(request({ inputs }), METADATA)).toMatchObject({
      x: { type: 'float32', dims: [1, 2] },
      rate: { type: 'int64', dims: [1] },
    });
  });

  it.each<[string, object, string]>([
    ['rank', { shape: [2] }, "'x' must have the shape [-1,2], not [2]"],
    ['dimension', { shape: [1, 3] }, "'x' must have the shape [-1,2], not [1,3]"],
    ['datatype', { datatype: 'FP64' }, "'x' must be of the datatype FP32, not FP64"],
    ['number of bytes', { shape: [3, 2] }, 'asks for 6 elements, which are 24 bytes, and it has 8'],
  ])('are refused with another %s, by the one that the model has', (_, x, message) => {
    expect(() => readInputs(withX(x), METADATA)).toThrow(message);
  });
});

describe('the time that a request may take', () => {
  const within = (timeout: object) => readDeadline(request({ parameters: { timeout } }), 1_000);

  it('is told in microseconds, and 0 is no limit', () => {
    expect(within({ int64Param: 2_000 })).toBe(1_002);
    expect(within({ int64Param: 0 })).toBeUndefined();
    expect(readDeadline(request({}), 1_000)).toBeUndefined();
  });

  it('is refused where it is no number', () => {
    expect(() => within({ stringParam: 'soon' })).toThrow('parameters.timeout');
  });
});

describe('the classes that a request asks for', () => {
  it('are counted by output', () => {
    const asked = scores({ classification: { int64Param: 2 } });
    expect(() => checkParameters(asked)).not.toThrow();
    expect([...readClassCounts(asked)]).toEqual([['scores', 2]]);
  });

  it.each([{ int64Param: 0 }, { stringParam: '2' }])('are refused as %j', (classification) => {
    expect(() => readClassCounts(scores({ classification }))).toThrow(
      "of 'scores' must be a number of classes",
    );
  });
});
