export {
  bytes,
  ConfigurationError,
  flag,
  integer,
  list,
  loadConfig,
  milliseconds,
  port,
} from './load-config.js';
export {
  drainEnv,
  grpcFrom,
  listenEnv,
  messagingFrom,
  mongoEnv,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  opsFrom,
  telemetryEnv,
  telemetryFrom,
  workEnv,
  workFrom,
} from './environment.js';
export { EXIT, runProcess, StartError, type ProcessDefinition, type RunningProcess } from './run-process.js';
