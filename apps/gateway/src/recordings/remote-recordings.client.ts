import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Readable } from 'node:stream';
import { LRUCache } from 'lru-cache';
import type { Response } from 'undici';
import { AppError } from '@parlance/errors';
import { outsideCall, type OutsideCall } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { guardedLookup, PrivateAddress } from '../oidc/public-fetch.js';
import { isListed, mayConnect } from './recording-address.js';

const MOST_HOSTS = 500;
const MOST_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** A recording at an address, as its host sends it. */
export interface RemoteRecording {
  readonly bytes: Readable;
  /** As the host tells it; undefined where it does not. */
  readonly length: number | undefined;
}

/** Fetches recordings from the hosts that the configuration lists, each with deadlines and a breaker of its own. */
@Injectable()
export class RemoteRecordings implements OnApplicationShutdown {
  private readonly calls = new LRUCache<string, OutsideCall>({ max: MOST_HOSTS });
  private client: ReturnType<typeof clientOf> | undefined;

  constructor(
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'remoteRecordings'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Whether any host is listed. */
  get isOffered(): boolean {
    return this.config.remoteRecordings.hosts.length > 0;
  }

  async onApplicationShutdown(): Promise<void> {
    await (await this.client)?.agent.destroy();
  }

  /** Resolves when the host begins to send. @param signal  ends the fetch, also while it sends
   *  @throws AppError request.invalid, upstream.unavailable, request.deadline_exceeded, request.cancelled */
  async open(url: string, signal: AbortSignal): Promise<RemoteRecording> {
    let address = addressOf(url);
    for (let left = MOST_REDIRECTS; ; left -= 1) {
      this.refuseUnlisted(address);
      const answer = await this.ask(address, signal);
      if (!REDIRECTS.has(answer.status)) return recordingOf(answer);
      await answer.body?.cancel();
      if (left === 0) throw refused('the host redirects too often');
      address = addressOf(answer.headers.get('location') ?? '', address);
    }
  }

  private refuseUnlisted(address: URL): void {
    if (!isListed(this.config.remoteRecordings, address)) throw unlisted();
  }

  private ask(address: URL, signal: AbortSignal): Promise<Response> {
    return this.callTo(address.host).execute(async (attempt) => {
      const { agent, fetchBy } = await (this.client ??= clientOf(this.config.remoteRecordings));
      // The attempt's own signal fires when it ends, and the recording is still to come then.
      const early = new AbortController();
      const stop = (): void => early.abort();
      attempt.signal.addEventListener('abort', stop, { once: true });
      try {
        const answer = await fetchBy(address, {
          ...{ redirect: 'manual', dispatcher: agent, headers: { 'accept-encoding': 'identity' } },
          signal: AbortSignal.any([signal, early.signal]),
        });
        if (answer.status < 500) return answer;
        await answer.body?.cancel();
        throw new AppError('upstream.unavailable', `url: the host answered by ${answer.status}.`);
      } catch (error) {
        throw this.faultOf(error);
      } finally {
        attempt.signal.removeEventListener('abort', stop);
      }
    }, signal);
  }

  /** One breaker for each host. */
  private callTo(host: string): OutsideCall {
    const known = this.calls.get(host);
    if (known) return known;
    const { limitMs: timeoutMs } = this.config.remoteRecordings;
    const call = outsideCall({ name: 'The host of the recording', timeoutMs, attempts: 2 });
    this.calls.set(host, call);
    return call;
  }

  /** What a name leads to reaches the log, and nobody else. */
  private faultOf(error: unknown): unknown {
    const isPrivate = error instanceof Error && error.cause instanceof PrivateAddress;
    if (!isPrivate) return error;
    this.logger.warn({ err: error }, 'the host of a recording has a private address that is not listed');
    return unlisted();
  }
}

/** Loaded when it is needed: most installations fetch no recording. */
async function clientOf(listed: GatewayConfig['remoteRecordings']) {
  const { Agent: Pools, fetch: fetchBy } = await import('undici');
  const { limitMs } = listed;
  const agent = new Pools({
    connect: { timeout: limitMs, lookup: guardedLookup((address) => mayConnect(listed, address)) },
    headersTimeout: limitMs,
    bodyTimeout: limitMs,
    keepAliveTimeout: 1_000,
  });
  return { agent, fetchBy };
}

/** @param base  of an address that is relative @throws AppError request.invalid */
function addressOf(url: string, base?: URL): URL {
  const address = URL.parse(url, base?.href);
  if (!address) throw refused('is no address');
  return address;
}

async function recordingOf(answer: Response): Promise<RemoteRecording> {
  const { status, body, headers } = answer;
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (status !== 200 || !body || encoding !== 'identity') {
    await body?.cancel();
    throw refused(status === 200 ? 'the recording comes compressed' : `the host answered by ${status}`);
  }
  const length = Number(headers.get('content-length') ?? NaN);
  return { bytes: Readable.fromWeb(body), length: Number.isFinite(length) ? length : undefined };
}

function unlisted(): AppError {
  return refused('is of a host that recordings are not fetched from here');
}

function refused(reason: string): AppError {
  return new AppError('request.invalid', `url: ${reason}`);
}
