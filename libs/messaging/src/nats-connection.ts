import {
  connect,
  Events,
  type JetStreamClient,
  type JetStreamManager,
  type NatsConnection as Connection,
  type Subscription,
  type TlsOptions,
} from 'nats';
import type { CertificatePaths } from '@parlance/config';
import { AppError } from '@parlance/errors';
import { atMost } from '@parlance/resilience';
import type { Logger } from '@parlance/telemetry';

export interface NatsConnectionOptions {
  readonly natsUrl: string;
  /** Shown in the server's connection list. */
  readonly name: string;
  /** Read at each connection; used where the address begins with `tls:` or `wss:`. */
  readonly tls?: CertificatePaths | undefined;
  /** How long the first connection may take, without a limit where it is not said; afterwards it reconnects for ever. */
  readonly connectTimeoutMs?: number;
  /** Deadline of one JetStream API call. */
  readonly requestTimeoutMs?: number;
}

/** How often the log says that the first connection is still waited for. */
const TELL_EVERY_MS = 10_000;
const CLOSE_LIMIT_MS = 2_000;
/** Of one attempt: with the attempts of a call, a server that restarts is waited for some seconds. */
const RETURN_LIMIT_MS = 1_000;

/** One connection to NATS for a process. It reconnects for ever and knows whether it is up, because the client
 *  itself would hold everything published meanwhile in memory, without a limit. */
export class NatsConnection {
  private connected = true;
  /** Resolves when the connection that is lost is back. */
  private back = Promise.withResolvers<void>();
  /** Fail the requests that are in flight. */
  private readonly inFlight = new Set<(fault: AppError) => void>();

  private constructor(
    readonly raw: Connection,
    readonly jetStream: JetStreamClient,
    readonly manager: JetStreamManager,
    private readonly logger: Logger,
  ) {
    void this.watchStatus();
  }

  static async open(options: NatsConnectionOptions, logger: Logger): Promise<NatsConnection> {
    const { connectTimeoutMs = Infinity, requestTimeoutMs = 5_000 } = options;
    const raw = await firstConnection(options, connectTimeoutMs, logger);
    const manager = await raw.jetstreamManager({ timeout: requestTimeoutMs });
    return new NatsConnection(raw, raw.jetstream({ timeout: requestTimeoutMs }), manager, logger);
  }

  get isConnected(): boolean {
    return this.connected && !this.raw.isClosed();
  }

  /** @throws AppError upstream.unavailable at once while the connection is down, rather than buffering. */
  assertConnected(): void {
    if (!this.isConnected) throw unreachable();
  }

  /** Waits for the answer to a request while the connection lasts: a server that is gone answers nothing, and the client itself would
   *  wait for its whole deadline.
   *  @throws AppError upstream.unavailable where the connection is lost or gets lost, else what the request throws */
  async whileConnected<T>(request: () => Promise<T>): Promise<T> {
    this.assertConnected();
    const lost = Promise.withResolvers<never>();
    this.inFlight.add(lost.reject);
    try {
      return await Promise.race([request(), lost.promise]);
    } finally {
      this.inFlight.delete(lost.reject);
    }
  }

  /** Resolves when the connection is up, which it may be again in a moment: what is asked for while a server restarts waits for it.
   *  @throws AppError upstream.unavailable when it stays away */
  async whenConnected(limitMs = RETURN_LIMIT_MS): Promise<void> {
    if (!this.isConnected && !this.raw.isClosed()) await atMost(limitMs, this.back.promise);
    this.assertConnected();
  }

  /** Survives lost connections. @throws AppError upstream.unavailable once the connection is closed */
  subscribe(subject: string): Subscription {
    try {
      return this.raw.subscribe(subject);
    } catch (cause) {
      throw new AppError('upstream.unavailable', 'The connection to the message bus is closed.', { cause });
    }
  }

  /** Whether the server answers within the deadline. */
  async isReady(timeoutMs = 1_000): Promise<boolean> {
    if (!this.isConnected) return false;
    return atMost(timeoutMs, this.raw.flush()).catch(() => false);
  }

  /** Sends what is queued, then closes; a server that does not take it is not waited for. */
  async close(): Promise<void> {
    if (this.raw.isClosed()) return;
    if (this.connected && (await atMost(CLOSE_LIMIT_MS, this.raw.drain()))) return;
    await atMost(CLOSE_LIMIT_MS, this.raw.close());
  }

  private async watchStatus(): Promise<void> {
    for await (const { type } of this.raw.status()) {
      if (type === Events.Disconnect) {
        this.connected = false;
        for (const fail of this.inFlight) fail(unreachable());
        this.logger.warn('message bus connection lost, reconnecting');
      } else if (type === Events.Reconnect) {
        this.connected = true;
        this.back.resolve();
        this.back = Promise.withResolvers<void>();
        this.logger.info('message bus connection is back');
      }
    }
  }
}

function unreachable(): AppError {
  return new AppError('upstream.unavailable', 'The message bus is not reachable just now.');
}

async function firstConnection(
  { natsUrl, name, tls }: NatsConnectionOptions,
  limitMs: number,
  logger: Logger,
): Promise<Connection> {
  const { servers, credentials } = natsAddress(natsUrl);
  const isSecure = servers.some((server) => /^(tls|wss):/.test(server));
  const until = Date.now() + limitMs;
  for (let toldAt = -Infinity; ;) {
    try {
      return await connect({
        servers,
        ...credentials,
        name,
        ...(isSecure && tls ? { tls: tlsOptions(tls) } : {}),
        timeout: 3_000,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        reconnectJitter: 500,
        pingInterval: 10_000,
        maxPingOut: 2,
        noAsyncTraces: true,
      });
    } catch (cause) {
      if (Date.now() >= until)
        throw new AppError('upstream.unavailable', 'The message bus did not accept a connection.', { cause });
      if (Date.now() - toldAt >= TELL_EVERY_MS) {
        logger.warn({ err: cause }, 'message bus does not accept a connection, trying again');
        toldAt = Date.now();
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

function tlsOptions({ cert, key, ca }: CertificatePaths): TlsOptions {
  return { certFile: cert, keyFile: key, ...(ca === undefined ? {} : { caFile: ca }) };
}

/** Where the bus is, and by what it knows us. */
interface NatsAddress {
  /** Without credentials. */
  readonly servers: string[];
  /** Of the first address that has them; they hold for all. */
  readonly credentials: { readonly user: string; readonly pass: string } | { readonly token: string } | null;
}

const CREDENTIALS = /^((?:[a-z]+:)?\/\/|)([^@/]+)@/i;

/** Takes the credentials out of addresses such as `nats://user:password@host:4222` or `nats://token@host`, of which nats.js does not
 *  take any notice. @param natsUrl  addresses of one cluster, comma separated; credentials percent-encoded */
export function natsAddress(natsUrl: string): NatsAddress {
  const addresses = natsUrl.split(',').map((address) => address.trim());
  const given = addresses.map((address) => CREDENTIALS.exec(address)?.[2]).find(Boolean);
  return {
    servers: addresses.map((address) => address.replace(CREDENTIALS, '$1')),
    credentials: given === undefined ? null : credentialsOf(given),
  };
}

function credentialsOf(given: string): NonNullable<NatsAddress['credentials']> {
  const colon = given.indexOf(':');
  if (colon < 0) return { token: decodeURIComponent(given) };
  return {
    user: decodeURIComponent(given.slice(0, colon)),
    pass: decodeURIComponent(given.slice(colon + 1)),
  };
}
