import { describe, expect, it } from '@jest/globals';
import { inferAnswer } from './infer-answer.js';

const output = (name: string) => ({ name, datatype: 'UINT8', shape: [2], parameters: {}, contents: null });
const ANSWER = {
  modelName: 'tagger',
  modelVersion: '1',
  id: '',
  parameters: {},
  outputs: [output('a'), output('b')],
  rawOutputContents: [Buffer.of(1, 2), Buffer.of(3, 4)],
};

describe('the answer of a model over HTTP', () => {
  it('has each output as it was asked for', () => {
    const { json, binary } = inferAnswer(ANSWER, (name) => name === 'b');
    expect(json).toEqual({
      model_name: 'tagger',
      model_version: '1',
      outputs: [
        { name: 'a', datatype: 'UINT8', shape: [2], data: [1, 2] },
        { name: 'b', datatype: 'UINT8', shape: [2], parameters: { binary_data_size: 2 } },
      ],
    });
    expect(binary).toEqual([Buffer.of(3, 4)]);
  });

  it('says the id again that the request had', () => {
    expect(inferAnswer({ ...ANSWER, id: 'r7' }, () => false).json).toMatchObject({ id: 'r7' });
  });
});
