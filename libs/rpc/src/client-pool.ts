import {
  type Client,
  connectivityState,
  loadPackageDefinition,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { lookup } from 'node:dns/promises';
import type { HealthCheckRequest } from '@parlance/contracts/proto/grpc/health/v1/HealthCheckRequest';
import type { HealthCheckResponse__Output } from '@parlance/contracts/proto/grpc/health/v1/HealthCheckResponse';
import type { ProtocolName } from '@parlance/contracts';
import { AppError, cancelled, fromGrpcError } from '@parlance/errors';
import type { CertificateFiles } from './certificate-files.js';
import { clientCredentials } from './tls-credentials.js';
import { loadProtocols, serviceClient } from './server-options.js';

export interface GrpcClientPoolOptions {
  /** `host:port` each; a host name with several addresses counts as that many peers. */
  readonly addresses: readonly string[];
  /** Shown to the peers, whose own must be of their authority and name the host as it stands in `addresses`. Without them: plain HTTP/2. */
  readonly certificates?: CertificateFiles | undefined;
  readonly maxMessageBytes?: number;
  /** How often names are looked up again. */
  readonly resolveEveryMs?: number;
  /** Random in [0, 1); an argument so that tests can fix it. */
  readonly random?: () => number;
}

interface Peer<Stub extends Client> {
  readonly address: string;
  readonly stub: Stub;
  inFlight: number;
}

/** A client leased for one call or stream; `release` when it has ended. */
export interface Lease<Stub extends Client> {
  readonly client: Stub;
  readonly address: string;
  release(): void;
}

/** One channel for each peer of a service; calls go to the less busy of two peers drawn at random, so that load spreads
 *  without a sticky HTTP/2 connection. Peers follow DNS (a headless Service's pods). */
export class GrpcClientPool<Stub extends Client> {
  private readonly constructorOf: ReturnType<typeof serviceClient>;
  private readonly healthCheck: MethodDefinition<HealthCheckRequest, HealthCheckResponse__Output>;
  private readonly peers = new Map<string, Peer<Stub>>();
  private readonly random: () => number;
  private readonly refresh: NodeJS.Timeout;
  private resolved: Promise<void>;

  constructor(
    protocol: ProtocolName,
    private readonly options: GrpcClientPoolOptions,
  ) {
    this.constructorOf = serviceClient(loadPackageDefinition(loadProtocols([protocol])), protocol);
    const health = serviceClient(loadPackageDefinition(loadProtocols(['health'])), 'health');
    this.healthCheck = health.service.Check as typeof this.healthCheck;
    this.random = options.random ?? Math.random;
    options.certificates?.onChange(() => this.reconnect());
    this.resolved = this.resolve();
    this.refresh = setInterval(() => {
      this.resolved = this.resolve();
    }, options.resolveEveryMs ?? 5_000);
    this.refresh.unref();
  }

  /** @param signal  of the caller: a call for one that has left would be ended by nobody
   *  @throws AppError upstream.unavailable when no peer is known, request.cancelled */
  async pick(signal?: AbortSignal): Promise<Lease<Stub>> {
    if (this.peers.size === 0) await this.resolved;
    if (signal?.aborted) throw cancelled();
    const peer = this.lessBusyOfTwo();
    peer.inFlight += 1;
    let held = true;
    return {
      client: peer.stub,
      address: peer.address,
      release: () => {
        if (held) peer.inFlight -= 1;
        held = false;
      },
    };
  }

  /** Makes one unary call to a peer.
   *  @param start begins the call, and has `answer` called with its outcome
   *  @param signal cancels it
   *  @throws AppError the peer's own, upstream.unavailable, request.cancelled */
  async call<T>(
    start: (client: Stub, answer: (error: ServiceError | null, response?: T) => void) => { cancel(): void },
    signal: AbortSignal,
  ): Promise<T> {
    const lease = await this.pick(signal);
    return new Promise<T>((resolve, reject) => {
      const cancel = (): void => call.cancel();
      const call = start(lease.client, (error, response) => {
        signal.removeEventListener('abort', cancel);
        lease.release();
        if (error) reject(fromGrpcError(error));
        else resolve(response as T);
      });
      signal.addEventListener('abort', cancel, { once: true });
    });
  }

  /** Whether some peer says that it serves; starts connecting idle ones. A connection alone says little: a process that
   *  stands still keeps it for long. */
  async isReady(limitMs = 600): Promise<boolean> {
    const asked = [...this.peers.values()].map((peer) => this.serves(peer, limitMs));
    return (await Promise.all(asked)).some(Boolean);
  }

  close(): void {
    clearInterval(this.refresh);
    for (const peer of this.peers.values()) peer.stub.close();
    this.peers.clear();
  }

  private serves({ stub }: Peer<Stub>, limitMs: number): Promise<boolean> {
    stub.getChannel().getConnectivityState(true);
    const { path, requestSerialize, responseDeserialize } = this.healthCheck;
    return new Promise((resolve) => {
      stub.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { service: '' },
        new Metadata(),
        { deadline: Date.now() + limitMs },
        (error, answer) => resolve(!error && answer?.status === 'SERVING'),
      );
    });
  }

  private lessBusyOfTwo(): Peer<Stub> {
    const all = [...this.peers.values()];
    // A peer whose last connection attempt failed is used only when there is no other.
    const reachable = all.filter((peer) => stateOf(peer) !== connectivityState.TRANSIENT_FAILURE);
    const candidates = reachable.length > 0 ? reachable : all;
    const draw = (): Peer<Stub> | undefined => candidates[Math.floor(this.random() * candidates.length)];
    const [first, second] = [draw(), draw()];
    if (!first || !second)
      throw new AppError('upstream.unavailable', 'A service this request needs is not reachable just now.');
    return second.inFlight < first.inFlight ? second : first;
  }

  private async resolve(): Promise<void> {
    /** Host names by address. */
    const found = new Map<string, string>();
    for (const address of this.options.addresses) {
      const split = address.lastIndexOf(':');
      const [host, port] = [address.slice(0, split), address.slice(split + 1)];
      const name = host.replace(/^\[|\]$/g, '');
      const answers = await lookup(name, { all: true }).catch(() => []);
      for (const answer of answers)
        found.set(answer.family === 6 ? `[${answer.address}]:${port}` : `${answer.address}:${port}`, name);
    }
    // A failed look-up is no reason to drop peers that work.
    if (found.size === 0) return;
    for (const [address, peer] of this.peers) {
      if (found.has(address)) continue;
      this.peers.delete(address);
      closeWhenIdle(peer);
    }
    for (const [address, name] of found) {
      if (!this.peers.has(address))
        this.peers.set(address, { address, stub: this.connect(address, name), inFlight: 0 });
    }
  }

  /** New calls go over new connections; those that are open end as they would. */
  private reconnect(): void {
    for (const peer of this.peers.values()) closeWhenIdle(peer);
    this.peers.clear();
    this.resolved = this.resolve();
  }

  private connect(address: string, name: string): Stub {
    const limit = this.options.maxMessageBytes ?? 16 * 1024 ** 2;
    const { certificates } = this.options;
    // Connections go to addresses; the certificate is for the name.
    const identity = certificates
      ? { 'grpc.ssl_target_name_override': name, 'grpc.default_authority': name }
      : {};
    return new this.constructorOf(address, clientCredentials(certificates), {
      ...identity,
      'grpc.max_receive_message_length': limit,
      'grpc.max_send_message_length': limit,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
      // A peer that is back is used within a second: an attempt costs little, a request refused meanwhile much.
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 500,
    }) as unknown as Stub;
  }
}

function stateOf(peer: Peer<Client>): connectivityState {
  return peer.stub.getChannel().getConnectivityState(true);
}

function closeWhenIdle(peer: Peer<Client>): void {
  if (peer.inFlight === 0) peer.stub.close();
  else setTimeout(() => closeWhenIdle(peer), 1_000).unref();
}
