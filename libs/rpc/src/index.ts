export { callMetadata, identityOf, traceOf } from './call-metadata.js';
export { GrpcClientPool, type GrpcClientPoolOptions, type Lease } from './client-pool.js';
export { cancelSignal, failCall, GrpcErrorFilter, onCancelled } from './server-calls.js';
export { HealthStatus } from './health-status.js';
export {
  grpcServerOptions,
  loadProtocols,
  RunningGrpcServer,
  type GrpcServerOptions,
} from './server-options.js';
