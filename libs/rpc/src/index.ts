export { answerEach, type StreamEnds } from './answered-stream.js';
export { callMetadata, identityOf, traceOf } from './call-metadata.js';
export { CertificateFiles, watchedCertificates, type CertificateFilesOptions } from './certificate-files.js';
export { LEAST_TLS } from './tls-credentials.js';
export { GrpcClientPool, type CallStart, type GrpcClientPoolOptions, type Lease } from './client-pool.js';
export { cancelSignal, failCall, GrpcErrorFilter, onCancelled } from './server-calls.js';
export { HealthStatus } from './health-status.js';
export type { KubernetesAccess } from './kubernetes-api.js';
export { CAPACITY_KEY, LOAD_KEY } from './peer.js';
export {
  grpcServerOptions,
  loadProtocols,
  RunningGrpcServer,
  serviceClient,
  type GrpcServerOptions,
} from './server-options.js';
