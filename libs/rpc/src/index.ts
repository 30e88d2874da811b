export { callMetadata, identityOf, traceOf } from './call-metadata.js';
export { cancelSignal, onCancelled } from './cancelled-calls.js';
export { GrpcClientPool, type GrpcClientPoolOptions, type Lease } from './client-pool.js';
export { failCall, GrpcErrorFilter } from './grpc-faults.js';
export { HealthStatus } from './health-status.js';
export { RunningGrpcServer } from './running-grpc-server.js';
export { grpcServerOptions, loadProtocols, type GrpcServerOptions } from './server-options.js';
