/** What a model inside a worker is made of. Importing it loads ONNX Runtime into the thread. */
export { Job, type LoadedModel, type ModelFactories, type ModelFactory } from './loaded-model.js';
export { OnnxSession, Tensor, type Feeds, type SessionContext } from './onnx-session.js';
export { RunGate } from './run-gate.js';
export { HEARTBEAT_BYTES, Runs } from './runs.js';
