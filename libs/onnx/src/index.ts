/** ONNX Runtime as the main thread sees it; nothing here loads the native library. */
export {
  DEFAULT_RUNTIME_OPTIONS,
  InferenceRuntime,
  type Lane,
  type Placement,
  type RuntimeObserver,
  type RuntimeOptions,
} from './inference-runtime.js';
export { fileSignature } from './file-signature.js';
export type { RunOptions } from './job-queue.js';
export type { FaultTexts } from './model-thread.js';
export { OnDemandModel, type ModelRuns, type OnDemandOptions } from './on-demand-model.js';
export {
  rankOf,
  STAGES,
  type ExecutionProvider,
  type JobCost,
  type JobPriority,
  type ModelMetadata,
  type ModelSource,
  type Precision,
  type RequestedProvider,
  type ScanRequest,
  type ScanResult,
  type OnnxSessionSettings,
  type Stage,
  type TensorData,
  type TensorMap,
  type TensorSignature,
  type TensorType,
  type TensorValue,
} from './protocol.js';
export { splitGraph, type SplitModel } from './split-graph.js';
export type { PoolLoad } from './worker-pool.js';
