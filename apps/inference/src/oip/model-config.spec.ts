import { describe, expect, it } from '@jest/globals';
import type { TensorSignature } from '@parlance/onnx';
import { isBatched, modelConfigOf } from './model-config.js';

const STATUS = {
  name: 'tagger',
  kind: 'onnx',
  location: '/models/tagger/tagger.onnx',
  state: 'available',
  isDefault: false,
} as const;
const x: TensorSignature = { name: 'x', type: 'float32', shape: [-1, 4] };
const label: TensorSignature = { name: 'label', type: 'string', shape: [-1] };

describe('the configuration of a model', () => {
  it('has a batch where the first dimension of every tensor is free, which is then no part of their shapes', () => {
    expect(modelConfigOf(STATUS, { inputs: [x], outputs: [label] }, 2)).toMatchObject({
      name: 'tagger',
      backend: 'onnxruntime',
      maxBatchSize: 64,
      input: [{ name: 'x', dataType: 'TYPE_FP32', dims: [4] }],
      output: [{ name: 'label', dataType: 'TYPE_STRING', dims: [] }],
      instanceGroup: [{ count: 2, kind: 'KIND_CPU' }],
      defaultModelFilename: 'tagger.onnx',
    });
  });

  it('has none where one tensor has no such dimension', () => {
    const signature = { inputs: [x, { name: 'rate', type: 'int64', shape: [] } as const], outputs: [label] };
    expect(isBatched(signature)).toBe(false);
    expect(modelConfigOf(STATUS, signature, 1)).toMatchObject({
      maxBatchSize: 0,
      input: [{ dims: [-1, 4] }, { dims: [] }],
    });
  });
});
