import {
  type Client,
  loadPackageDefinition,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { HealthCheckRequest } from '@parlance/contracts/proto/grpc/health/v1/HealthCheckRequest';
import type { HealthCheckResponse__Output } from '@parlance/contracts/proto/grpc/health/v1/HealthCheckResponse';
import type { ProtocolName } from '@parlance/contracts';
import { AppError, cancelled, fromGrpcError } from '@parlance/errors';
import { atMost } from '@parlance/resilience';
import { counter, gauge } from '@parlance/telemetry';
import { callObserver, Peer } from './peer.js';
import type { CertificateFiles } from './certificate-files.js';
import type { FoundPeer } from './found-peer.js';
import { PeerAddresses, type PeerAddressOptions } from './peer-addresses.js';
import { choosePeer } from './peer-choice.js';
import { clientCredentials } from './tls-credentials.js';
import { loadProtocols, serviceClient } from './server-options.js';

/** `addresses`: `host:port` each, a host name with several addresses counting as that many peers; or
 *  `k8s:///namespace/service:port`, which stands for the service's endpoints. */
export interface GrpcClientPoolOptions extends PeerAddressOptions {
  /** Shown to the peers, whose own must be of their authority and name the host as it stands in `addresses` (of a service of Kubernetes:
   *  `service.namespace.svc`). Without them: plain HTTP/2. */
  readonly certificates?: CertificateFiles | undefined;
  readonly maxMessageBytes?: number;
  /** Of this process; peers in it are preferred. */
  readonly zone?: string | undefined;
  /** How long a call waits for a peer where there is none: a service that is scaled to nothing comes back for it. */
  readonly waitForPeerMs?: number | undefined;
  /** Called when a call begins to wait for a peer and each second while it does, to ask whoever scales the service; must not throw. */
  readonly onWaiting?: (() => void) | undefined;
  /** How often each peer is asked whether it serves, and how full it is. */
  readonly checkEveryMs?: number;
  /** Random in [0, 1); an argument so that tests can fix it. */
  readonly random?: () => number;
}

/** A client leased for one call or stream; `release` when it has ended. */
export interface Lease<Stub extends Client> {
  readonly client: Stub;
  readonly address: string;
  release(): void;
}

/** Begins a unary call, and has `answer` called with its outcome. */
export type CallStart<Stub extends Client, T> = (
  client: Stub,
  answer: (error: ServiceError | null, response?: T) => void,
) => { cancel(): void };

/** A peer that drains gets nothing new after this long and a check. */
const CHECK_EVERY_MS = 500;
const CHECK_LIMIT_MS = 600;
const ASK_FOR_PEER_EVERY_MS = 1_000;

const ejections = () => counter('parlance_rpc_ejections_total');
const peerCount = () => gauge('parlance_rpc_peers');

const waitingCalls = () => gauge('parlance_rpc_waiting_calls');

/** One channel for each peer of a service; calls go to the less busy of two peers drawn at random, by the load that peers report, so that
 *  load spreads without a sticky HTTP/2 connection. Peers that do not serve or fail are passed over. */
export class GrpcClientPool<Stub extends Client> {
  private readonly constructorOf: ReturnType<typeof serviceClient>;
  private readonly healthCheck: MethodDefinition<HealthCheckRequest, HealthCheckResponse__Output>;
  private readonly peers = new Map<string, Peer<Stub>>();
  private found: ReadonlyMap<string, FoundPeer> = new Map();
  private readonly addresses: PeerAddresses;
  private readonly checks: NodeJS.Timeout;
  /** Resolves with the next peer that is found. */
  private arrival = Promise.withResolvers<void>();

  constructor(
    private readonly protocol: ProtocolName,
    private readonly options: GrpcClientPoolOptions,
  ) {
    this.constructorOf = serviceClient(loadPackageDefinition(loadProtocols([protocol])), protocol);
    const health = serviceClient(loadPackageDefinition(loadProtocols(['health'])), 'health');
    this.healthCheck = health.service.Check as typeof this.healthCheck;
    // Its series begins here, not with the first call that waits.
    waitingCalls().inc({ service: protocol }, 0);
    options.certificates?.onChange(() => this.reconnect());
    this.addresses = new PeerAddresses(options, (found) => this.update(found));
    this.checks = setInterval(() => this.checkAll(), options.checkEveryMs ?? CHECK_EVERY_MS).unref();
  }

  /** @param signal  of the caller: a call for one that has left would be ended by nobody
   *  @throws AppError upstream.unavailable when no peer is known, request.cancelled */
  async pick(signal?: AbortSignal): Promise<Lease<Stub>> {
    if (this.peers.size === 0) await this.firstPeer(signal);
    if (signal?.aborted) throw cancelled();
    const { zone, random = Math.random } = this.options;
    const peer = choosePeer([...this.peers.values()], { now: Date.now(), random, zone });
    if (!peer) throw noPeer();
    peer.begin();
    let held = true;
    return {
      client: peer.stub,
      address: peer.address,
      release: () => {
        if (held) peer.end();
        held = false;
      },
    };
  }

  /** Makes one unary call to a peer.
   *  @param signal cancels it
   *  @throws AppError the peer's own, upstream.unavailable, request.cancelled */
  async call<T>(start: CallStart<Stub, T>, signal: AbortSignal): Promise<T> {
    const { client, release } = await this.pick(signal);
    return answerOf(client, start, signal).finally(release);
  }

  /** Makes one unary call to every peer that is known, as `call` does.
   *  @throws AppError of the first peer that fails, upstream.unavailable where there is none, request.cancelled */
  async callAll<T>(start: CallStart<Stub, T>, signal: AbortSignal): Promise<T[]> {
    if (this.peers.size === 0) await this.firstPeer(signal);
    if (signal.aborted) throw cancelled();
    if (this.peers.size === 0) throw noPeer();
    const answers = [...this.peers.values()].map((peer) => {
      peer.begin();
      return answerOf(peer.stub, start, signal).finally(() => peer.end());
    });
    return Promise.all(answers);
  }

  /** Whether some peer says that it serves; starts connecting idle ones. A connection alone says little: a process that
   *  stands still keeps it for long. */
  async isReady(limitMs = CHECK_LIMIT_MS): Promise<boolean> {
    const asked = [...this.peers.values()].map((peer) => this.check(peer, limitMs));
    return (await Promise.all(asked)).some(Boolean);
  }

  close(): void {
    clearInterval(this.checks);
    this.addresses.close();
    for (const peer of this.peers.values()) peer.stub.close();
    this.peers.clear();
  }

  /** Whoever scales the service is told, and sees by a metric that somebody waits. */
  private async firstPeer(signal?: AbortSignal): Promise<void> {
    await this.addresses.known;
    const { waitForPeerMs = 0, onWaiting = () => undefined } = this.options;
    if (this.peers.size > 0 || waitForPeerMs === 0 || signal?.aborted) return;
    const labels = { service: this.protocol };
    const left = Promise.withResolvers<void>();
    const leave = (): void => left.resolve();
    signal?.addEventListener('abort', leave, { once: true });
    waitingCalls().inc(labels);
    onWaiting();
    const asking = setInterval(onWaiting, ASK_FOR_PEER_EVERY_MS);
    try {
      await atMost(waitForPeerMs, Promise.race([this.arrival.promise, left.promise]));
    } finally {
      clearInterval(asking);
      signal?.removeEventListener('abort', leave);
      waitingCalls().dec(labels);
    }
  }

  private checkAll(): void {
    for (const peer of this.peers.values())
      void this.check(peer, CHECK_LIMIT_MS).then((serves) => peer.noteCheck(serves));
  }

  /** @returns undefined without an answer */
  private check({ stub }: Peer<Stub>, limitMs: number): Promise<boolean | undefined> {
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
        (error, answer) => {
          // A server without health checking is not asked whether it serves.
          if (error?.code === status.UNIMPLEMENTED) resolve(true);
          else resolve(error ? undefined : answer?.status === 'SERVING');
        },
      );
    });
  }

  private update(found: ReadonlyMap<string, FoundPeer>): void {
    this.found = found;
    for (const [address, peer] of this.peers) {
      if (found.has(address)) continue;
      this.peers.delete(address);
      closeWhenIdle(peer);
    }
    for (const [address, at] of found) {
      const known = this.peers.get(address);
      if (known) known.at = at;
      else this.peers.set(address, this.connect(address, at));
    }
    peerCount().set({ service: this.protocol }, this.peers.size);
    if (this.peers.size === 0) return;
    this.arrival.resolve();
    this.arrival = Promise.withResolvers();
  }

  /** New calls go over new connections; those that are open end as they would. */
  private reconnect(): void {
    for (const peer of this.peers.values()) closeWhenIdle(peer);
    this.peers.clear();
    this.update(this.found);
  }

  private connect(address: string, at: FoundPeer): Peer<Stub> {
    const limit = this.options.maxMessageBytes ?? 16 * 1024 ** 2;
    const { certificates } = this.options;
    // Connections go to addresses; the certificate is for the name.
    const identity = certificates
      ? { 'grpc.ssl_target_name_override': at.name, 'grpc.default_authority': at.name }
      : {};
    const stub = new this.constructorOf(address, clientCredentials(certificates), {
      ...identity,
      interceptors: [
        callObserver(
          () => peer,
          this.healthCheck.path,
          () => this.noteEjection(peer),
        ),
      ],
      'grpc.max_receive_message_length': limit,
      'grpc.max_send_message_length': limit,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
      // A peer that is back is used within a second: an attempt costs little, a request refused meanwhile much.
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 500,
    }) as unknown as Stub;
    const peer = new Peer(address, stub, at);
    return peer;
  }

  private noteEjection({ address }: Peer): void {
    const service = this.protocol;
    ejections().inc({ service });
    this.options.logger?.warn(
      { peer: address, service },
      'a peer fails call after call and is left alone for a while',
    );
  }
}

function noPeer(): AppError {
  return new AppError('upstream.unavailable', 'A service this request needs is not reachable just now.');
}

function answerOf<Stub extends Client, T>(
  client: Stub,
  start: CallStart<Stub, T>,
  signal: AbortSignal,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = (): void => call.cancel();
    const call = start(client, (error, response) => {
      signal.removeEventListener('abort', cancel);
      if (error) reject(fromGrpcError(error));
      else resolve(response as T);
    });
    signal.addEventListener('abort', cancel, { once: true });
  });
}

function closeWhenIdle(peer: Peer): void {
  if (peer.inFlight === 0) peer.stub.close();
  else setTimeout(() => closeWhenIdle(peer), 1_000).unref();
}
