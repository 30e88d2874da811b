export { availableCpus, type CpuSources } from './available-cpus.js';
export {
  bytes,
  ConfigurationError,
  duration,
  flag,
  integer,
  list,
  loadConfig,
  milliseconds,
  port,
} from './load-config.js';
export {
  CertificateFault,
  mutualTlsEnv,
  mutualTlsFrom,
  readCertificates,
  tlsEnv,
  tlsFrom,
  type CertificatePaths,
  type Certificates,
} from './certificates.js';
export {
  breakerEnv,
  breakerFrom,
  drainEnv,
  grpcFrom,
  kubernetesEnv,
  listenEnv,
  messagingFrom,
  mongoEnv,
  natsEnv,
  objectStoreEnv,
  opsEnv,
  opsFrom,
  peersFrom,
  telemetryEnv,
  telemetryFrom,
  telemetryVariables,
  workEnv,
  workFrom,
} from './environment.js';
export { EXIT, runProcess, StartError, type ProcessDefinition, type RunningProcess } from './run-process.js';
