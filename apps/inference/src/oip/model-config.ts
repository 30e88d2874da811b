import { basename } from 'node:path';
import type { ModelConfig } from '@parlance/contracts/proto/inference/ModelConfig';
import type { ModelMetadata, TensorSignature } from '@parlance/onnx';
import type { ModelStatus } from '../registry/model-registry.service.js';
import { datatypeOf } from './datatypes.js';

type Signature = Pick<ModelMetadata, 'inputs' | 'outputs'>;

/** What clients such as perf_analyzer send at most; more is computed as well. */
const MAX_BATCH_SIZE = 64;

/** Whether the first dimension of every tensor is free: Triton then takes it for the batch. */
export function isBatched({ inputs, outputs }: Signature): boolean {
  const tensors = [...inputs, ...outputs];
  return tensors.length > 0 && tensors.every(({ shape }) => shape[0] === -1);
}

/** A model's configuration as Triton completes it from an ONNX file. @param workers  threads that run it */
export function modelConfigOf(
  { name, kind, location, metadata }: ModelStatus,
  signature: Signature,
  workers: number,
): ModelConfig {
  const isWhisper = kind === 'whisper';
  const batched = isBatched(signature);
  const describe = ({ name: tensor, type, shape }: TensorSignature) => ({
    name: tensor,
    dataType: dataTypeOf(type),
    dims: batched ? shape.slice(1) : [...shape],
  });
  return {
    name,
    platform: isWhisper ? 'parlance_whisper' : 'onnxruntime_onnx',
    backend: isWhisper ? 'parlance' : 'onnxruntime',
    versionPolicy: { latest: { numVersions: 1 } },
    maxBatchSize: batched ? MAX_BATCH_SIZE : 0,
    input: signature.inputs.map(describe),
    output: signature.outputs.map(describe),
    instanceGroup: [{ name, count: workers, kind: metadata?.provider === 'cuda' ? 'KIND_GPU' : 'KIND_CPU' }],
    defaultModelFilename: isWhisper ? '' : basename(location),
    modelTransactionPolicy: { decoupled: false },
  };
}

/** `FP32` is `TYPE_FP32` in configurations, and `BYTES` is `TYPE_STRING`. */
function dataTypeOf(type: TensorSignature['type']) {
  const { name } = datatypeOf(type);
  return `TYPE_${name === 'BYTES' ? 'STRING' : name}` as 'TYPE_FP32';
}
