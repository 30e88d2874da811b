/** What a model inside a worker is made of. Importing it loads ONNX Runtime into the thread. */
export { GenericModel } from './generic-model.js';
export {
  HEARTBEAT_BYTES,
  Job,
  Runs,
  type LoadedModel,
  type ModelFactories,
  type ModelFactory,
} from './job.js';
export {
  byteProductsOverflow,
  OnnxSession,
  Tensor,
  type Feeds,
  type OnnxSessionContext,
} from './onnx-session.js';
export { RunGate } from './run-gate.js';
