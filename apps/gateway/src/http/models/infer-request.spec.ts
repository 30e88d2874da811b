import { describe, expect, it } from '@jest/globals';
import { readInference } from './infer-request.js';

const MODEL = { name: 'tagger', version: '' };
const json = (body: object): Buffer => Buffer.from(JSON.stringify(body));
const X = { name: 'x', datatype: 'UINT8', shape: [2] };

describe('a request to run a model over HTTP', () => {
  it('may have some inputs in JSON and others behind it', () => {
    const head = json({
      id: 'a',
      inputs: [
        { ...X, data: [1, 2] },
        { ...X, name: 'y', parameters: { binary_data_size: 2 } },
      ],
      outputs: [
        { name: 'o', parameters: { binary_data: true, classification: 3 } },
        { name: 'p', parameters: { binary_data: false } },
      ],
    });
    const body = Buffer.concat([head, Buffer.of(3, 4)]);
    const { request, isBinary } = readInference(body, String(head.length), MODEL);
    expect(request).toEqual({
      modelName: 'tagger',
      modelVersion: '',
      id: 'a',
      parameters: {},
      inputs: [
        { ...X, parameters: {} },
        { ...X, name: 'y', parameters: {} },
      ],
      outputs: [
        { name: 'o', parameters: { classification: { int64Param: 3 } } },
        { name: 'p', parameters: {} },
      ],
      rawInputContents: [Buffer.of(1, 2), Buffer.of(3, 4)],
    });
    expect(['o', 'p', 'q'].map(isBinary)).toEqual([true, false, false]);
  });

  it('may ask for all outputs as binary data', () => {
    const body = json({ inputs: [], parameters: { binary_data_output: true, priority: 1 } });
    const { request, isBinary } = readInference(body, undefined, MODEL);
    expect(request.parameters).toEqual({ priority: { int64Param: 1 } });
    expect(isBinary('anything')).toBe(true);
  });

  it.each<[string, object, string | undefined, string]>([
    ['an input without elements', { inputs: [X] }, undefined, "'x' has neither data"],
    [
      'bytes that are not there',
      { inputs: [{ ...X, parameters: { binary_data_size: 2 } }] },
      undefined,
      'ask for 2',
    ],
    [
      'elements twice',
      { inputs: [{ ...X, data: [1], parameters: { binary_data_size: 0 } }] },
      undefined,
      'beside',
    ],
    ['another model than the path', { inputs: [], model_name: 'other' }, undefined, 'model_name'],
    ['a field that is none', { inputs: [], priority: 1 }, undefined, 'priority: is no option here'],
    ['a JSON longer than its body', { inputs: [] }, '999', 'inference-header-content-length'],
    ['a length that is none', { inputs: [] }, 'x', 'inference-header-content-length'],
  ])('is refused with %s', (_, body, length, message) => {
    expect(() => readInference(json(body), length, MODEL)).toThrow(message);
  });

  it('is refused where it is no JSON', () => {
    expect(() => readInference(Buffer.from('{'), undefined, MODEL)).toThrow('body: is no JSON');
  });
});
