export { ConfigurationError, loadConfig } from './load-config.js';
export { bytes, flag, integer, list, milliseconds, port } from './fields.js';
export {
  drainEnv,
  listenEnv,
  mongoEnv,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  telemetryEnv,
  workEnv,
} from './environment.js';
export { EXIT, runProcess, StartError, type ProcessDefinition, type RunningProcess } from './run-process.js';
