import { createHash } from 'node:crypto';
import { JWT_SECRETS_VARIABLE } from './access-token.js';
import { freePort } from './free-port.js';
import { DocumentStoreServer, type DocumentStoreOptions } from './mongo.js';
import { NatsServer } from './nats.js';
import { ServiceProcess, type LogLine } from './service-process.js';
import { MODEL_ENVIRONMENT } from './models.js';

export const API_KEY = 'pk_test_of_acme';
export const OTHER_TENANTS_KEY = 'pk_test_of_globex';

type Environment = Readonly<Record<string, string>>;
export type ServiceName = 'inference' | 'conversation' | 'tts';
/** What a test may kill and start again. */
export type ProcessName = ServiceName | 'gateway' | 'nats';

export interface PlatformOptions {
  /** Services started behind the gateway; all by default. */
  readonly services?: readonly ServiceName[];
  /** Replicas of the gateway. */
  readonly gateways?: number;
  /** Replicas of each service behind it. */
  readonly replicas?: number;
  /** Or a store that runs already. */
  readonly documents?: DocumentStoreOptions | DocumentStoreServer;
  /** Added to every service's environment. */
  readonly environment?: Environment;
  /** Added to the gateways'. */
  readonly gateway?: Environment;
  readonly inference?: Environment;
  readonly tts?: Environment;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** A gateway replica and the addresses of its APIs. */
export class Gateway {
  private running: ServiceProcess | undefined;

  private constructor(
    private readonly environment: Environment,
    readonly url: string,
    readonly grpcAddress: string,
  ) {}

  /** On free ports. */
  static async start(environment: Environment): Promise<Gateway> {
    const [http, grpc] = [await freePort(), await freePort()];
    const ports = { PARLANCE_HTTP_PORT: String(http), PARLANCE_GRPC_PORT: String(grpc) };
    const gateway = new Gateway(
      { ...environment, ...ports },
      `http://127.0.0.1:${http}`,
      `127.0.0.1:${grpc}`,
    );
    await gateway.up();
    return gateway;
  }

  get process(): ServiceProcess {
    return this.running!;
  }

  /** Starts it (again), on the ports it had. */
  async up(): Promise<void> {
    this.running = await ServiceProcess.start('gateway', this.environment);
  }

  /** Our own routes and OpenAI's, as a tenant calls them. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${API_KEY}`);
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  metric(series: string): Promise<number> {
    return this.process.metric(series);
  }
}

/** The whole platform as real processes on free ports: bus, document store, the three services behind, gateways. */
export class Platform {
  readonly gateways: Gateway[] = [];
  private readonly services = new Map<ServiceName, ServiceProcess[]>();
  private readonly lost: ServiceProcess[] = [];

  private constructor(
    readonly nats: NatsServer,
    readonly documents: DocumentStoreServer,
    private readonly environments: Record<ServiceName | 'gateway', Environment>,
    private readonly grpcPorts: Record<'inference' | 'tts', readonly number[]>,
  ) {}

  static async start(options: PlatformOptions = {}): Promise<Platform> {
    const replicas = [...Array(options.replicas ?? 1).keys()];
    const [nats, documents, inferencePorts, ttsPorts] = await Promise.all([
      NatsServer.start(),
      options.documents instanceof DocumentStoreServer
        ? options.documents
        : DocumentStoreServer.start(options.documents),
      Promise.all(replicas.map(() => freePort())),
      Promise.all(replicas.map(() => freePort())),
    ]);
    const addresses = (ports: readonly number[]): string =>
      ports.map((port) => `127.0.0.1:${port}`).join(',');
    const common = { NATS_URL: nats.url, MONGODB_URI: documents.uri('parlance'), ...options.environment };
    const platform = new Platform(
      nats,
      documents,
      {
        inference: {
          ...common,
          ...MODEL_ENVIRONMENT,
          PARLANCE_MAX_LIVE_STREAMS: '8',
          ...options.inference,
        },
        tts: {
          ...common,
          ...MODEL_ENVIRONMENT,
          ...options.tts,
        },
        conversation: common,
        gateway: {
          ...common,
          PARLANCE_DEFAULT_MODEL: MODEL_ENVIRONMENT.PARLANCE_DEFAULT_MODEL,
          PARLANCE_INFERENCE_ADDRESSES: addresses(inferencePorts),
          PARLANCE_TTS_ADDRESSES: addresses(ttsPorts),
          PARLANCE_API_KEYS: `acme:${sha256(API_KEY)},globex:${sha256(OTHER_TENANTS_KEY)}`,
          PARLANCE_JWT_SECRETS: JWT_SECRETS_VARIABLE,
          ...options.gateway,
        },
      },
      { inference: inferencePorts, tts: ttsPorts },
    );
    try {
      const names = options.services ?? (['inference', 'conversation', 'tts'] as const);
      const starts = names.flatMap((name) => replicas.map((replica) => platform.startService(name, replica)));
      // All have started or failed before any failure is told: what started too late would not be stopped.
      await Promise.allSettled(starts);
      await Promise.all(starts);
      for (let replica = 0; replica < (options.gateways ?? 1); replica++) await platform.startGateway();
      return platform;
    } catch (error) {
      await platform.stop();
      throw error;
    }
  }

  get gateway(): Gateway {
    return this.gateways[0]!;
  }

  /** Starts a service (again), on the port it had. */
  async startService(name: ServiceName, replica = 0): Promise<void> {
    const started = this.services.get(name) ?? [];
    this.services.set(name, started);
    const port: Environment =
      name === 'conversation' ? {} : { PARLANCE_GRPC_PORT: String(this.grpcPorts[name][replica]) };
    started[replica] = await ServiceProcess.start(name, { ...port, ...this.environments[name] });
  }

  /** SIGKILL, as a node that fails. */
  async kill(name: ProcessName, replica = 0): Promise<void> {
    if (name === 'nats') return this.nats.down('SIGKILL');
    const service = name === 'gateway' ? this.gateways[replica]!.process : this.service(name, replica);
    this.lost.push(service);
    await service.end('SIGKILL');
  }

  /** Starts what was killed, on the port and with the store it had. */
  async restart(name: ProcessName, replica = 0): Promise<void> {
    if (name === 'nats') await this.nats.up();
    else if (name === 'gateway') await this.gateways[replica]!.up();
    else await this.startService(name, replica);
  }

  /** SIGSTOP: what is sent to it lies in its hands, and nothing comes of it. */
  freeze(name: ServiceName): void {
    this.service(name).freeze();
  }

  service(name: ServiceName, replica = 0): ServiceProcess {
    return this.services.get(name)![replica]!;
  }

  /** Where a service behind the gateway takes gRPC calls. */
  grpcAddressOf(name: 'inference' | 'tts'): string {
    return `127.0.0.1:${this.grpcPorts[name][0]}`;
  }

  /** Everything a service has logged, earlier lives included. */
  logOf(name: ServiceName | 'gateway'): LogLine[] {
    const current =
      name === 'gateway' ? this.gateways.map((gateway) => gateway.process) : this.services.get(name)!;
    return [...this.lost, ...current].flatMap((service) =>
      service.log.filter((line) => line.service === `parlance-${name}`),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.gateways.map((gateway) => gateway.process.end('SIGTERM')));
    await Promise.all([...this.services.values()].flat().map((service) => service.end('SIGTERM')));
    await this.nats.stop();
    await this.documents.stop();
  }

  /** One more replica; the caller may end it. @param environment  added to its own */
  async startGateway(environment: Environment = {}): Promise<Gateway> {
    const gateway = await Gateway.start({ ...this.environments.gateway, ...environment });
    this.gateways.push(gateway);
    return gateway;
  }
}
