import {
  type GrpcObject,
  loadPackageDefinition,
  type Server,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { type GrpcOptions, Transport } from '@nestjs/microservices';
import { join } from 'node:path';
import { protoLoaderOptions, protoRoot, PROTOCOLS, type ProtocolName } from '@parlance/contracts';
import { atMost } from '@parlance/resilience';
import type { CertificateFiles } from './certificate-files.js';
import { countedCalls } from './counted-calls.js';
import { serverCredentials } from './tls-credentials.js';
import type { HealthStatus } from './health-status.js';

/** The grpc-js server that Nest has started, which Nest itself can only cut or wait for without a limit. */
export class RunningGrpcServer {
  private server: Server | undefined;

  attach(server: Server): void {
    this.server = server;
  }

  /** Accepts no new connection, lets open calls end within `limitMs`, then cuts what is left. */
  async close(limitMs: number): Promise<void> {
    const { server } = this;
    if (!server) return;
    const ended = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
    await atMost(limitMs, ended);
    server.forceShutdown();
  }
}

export interface GrpcServerOptions {
  readonly host: string;
  readonly port: number;
  readonly protocols: readonly Exclude<ProtocolName, 'health'>[];
  readonly health: HealthStatus;
  readonly running?: RunningGrpcServer;
  /** Without them the server speaks plain HTTP/2; with an authority among them clients must show a certificate of it. */
  readonly certificates?: CertificateFiles | undefined;
  /** Largest message taken or sent; grpc-js' own default is 4 MiB. */
  readonly maxMessageBytes?: number;
  /** A connection older than this is told to be replaced; its open calls end as they would. 0 or nothing: none is. */
  readonly maxConnectionAgeMs?: number;
  /** Calls one connection may have open at once. */
  readonly maxConcurrentStreams?: number;
}

/** Nest's options for a gRPC server that speaks `protocols`, health checking and reflection, and counts its calls. Nest cuts its calls when the
 *  application closes; `running` lets them end before. */
export function grpcServerOptions(options: GrpcServerOptions): GrpcOptions {
  const {
    host,
    port,
    protocols,
    health,
    maxMessageBytes = 16 * 1024 ** 2,
    maxConcurrentStreams = 1_000,
    maxConnectionAgeMs = 0,
  } = options;
  return {
    transport: Transport.GRPC,
    options: {
      credentials: serverCredentials(options.certificates),
      url: `${host.includes(':') ? `[${host}]` : host}:${port}`,
      // Several files may share a package.
      package: [...new Set(protocols.map((name) => PROTOCOLS[name].package))],
      protoPath: protocols.map((name) => join(protoRoot(), PROTOCOLS[name].file)),
      loader: protoLoaderOptions(),
      maxReceiveMessageLength: maxMessageBytes,
      maxSendMessageLength: maxMessageBytes,
      channelOptions: {
        // Nest gives them to grpc-js' server as they are.
        interceptors: [countedCalls],
        'grpc.max_concurrent_streams': maxConcurrentStreams,
        ...(maxConnectionAgeMs > 0 ? { 'grpc.max_connection_age_ms': maxConnectionAgeMs } : {}),
      },
      keepalive: { keepaliveTimeMs: 30_000, keepaliveTimeoutMs: 10_000, keepalivePermitWithoutCalls: 1 },
      onLoadPackageDefinition: (_, server) => {
        options.running?.attach(server as Server);
        attachCommonServices(server as Server, [...protocols, 'health'], health);
      },
    },
  };
}

function attachCommonServices(
  server: Server,
  protocols: readonly ProtocolName[],
  health: HealthStatus,
): void {
  const definitions = loadProtocols(protocols);
  for (const name of protocols) health.register(`${PROTOCOLS[name].package}.${PROTOCOLS[name].service}`);
  server.addService(
    serviceClient(loadPackageDefinition(definitions), 'health').service,
    health.implementation(),
  );
  new ReflectionService(definitions).addToServer(server);
}

/** The parsed .proto files of `protocols`, messages shaped as the generated types say. */
export function loadProtocols(protocols: readonly ProtocolName[]): PackageDefinition {
  return loadSync(
    protocols.map((name) => PROTOCOLS[name].file),
    protoLoaderOptions(),
  );
}

/** The client class of a protocol's service inside a loaded package tree. */
export function serviceClient(root: GrpcObject, name: ProtocolName): ServiceClientConstructor {
  const { package: path, service } = PROTOCOLS[name];
  const scope = path.split('.').reduce((node, part) => node[part] as GrpcObject, root);
  return scope[service] as ServiceClientConstructor;
}
