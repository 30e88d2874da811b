import { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import { EnvHttpProxyAgent, fetch, type Response } from 'undici';
import { fetchCancelled, readBody, type Patience } from './body-reading.js';
import { SourceFault, toSourceFault } from './source-fault.js';
import type { ProxySettings } from './source-settings.js';

/** A file's bytes from `offset` on, which is 0 where the source cannot resume. */
export interface Opening {
  readonly offset: number;
  /** Bytes of the whole file; undefined where the source does not say. */
  readonly totalBytes: number | undefined;
  readonly body: Readable;
}

export interface HttpOpening extends Opening {
  /** Whether the server gave the range that was asked for, not the whole file. */
  readonly isPart: boolean;
}

export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface ByteRange {
  readonly from: number;
  /** The last byte, included; undefined for the file's end. */
  readonly to?: number;
}

/** HTTP through the configured proxies, trusting the system's certificates beside Node's own. An answer's head must come
 *  within `answerMs`. Credentials in headers do not follow a redirect to
 *  another host (the fetch standard). */
export class HttpClient {
  private readonly dispatcher: EnvHttpProxyAgent;

  constructor(
    proxies: ProxySettings,
    private readonly patience: Pick<Patience, 'answerMs' | 'stallMs'>,
  ) {
    const ca = [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
    this.dispatcher = new EnvHttpProxyAgent({
      // An empty text keeps undici from reading the environment by itself.
      httpProxy: proxies.http ?? '',
      httpsProxy: proxies.https ?? '',
      noProxy: proxies.none ?? '',
      connect: { ca, timeout: patience.answerMs },
      requestTls: { ca },
      proxyTls: { ca },
      // Who reads a body decides how long it may stay silent.
      bodyTimeout: 0,
    });
  }

  /** @throws SourceFault */
  async open(url: string, range: ByteRange, request: HttpRequest = {}): Promise<HttpOpening> {
    const { from, to } = range;
    const isPart = from > 0 || to !== undefined;
    const { response } = await this.request(url, {
      ...request,
      headers: {
        ...request.headers,
        // Lengths and ranges are of the file itself, not of a compressed form.
        'accept-encoding': 'identity',
        ...(isPart ? { range: `bytes=${from}-${to ?? ''}` } : {}),
      },
    });
    const [, start, total] =
      /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(response.headers.get('content-range') ?? '') ?? [];
    if (response.status === 416 && Number(total) === from) {
      await response.body?.cancel();
      return { offset: from, totalBytes: from, isPart: true, body: Readable.from([]) };
    }
    await refuseStatus(response);
    if (/^(text\/html|application\/xhtml)/.test(response.headers.get('content-type') ?? '')) {
      await response.body?.cancel();
      throw new SourceFault('wrong', 'answered with a web page instead of the file');
    }
    if (!response.body) throw new SourceFault('wrong', 'answered without content');
    if (response.status === 206 && Number(start) !== from) {
      await response.body.cancel();
      throw new SourceFault('wrong', 'answered with another part of the file than was asked for');
    }
    const length = response.headers.get('content-length');
    const body = bodyOf(response);
    if (response.status === 206) return { offset: from, totalBytes: Number(total), isPart: true, body };
    return { offset: 0, totalBytes: length === null ? undefined : Number(length), isPart: false, body };
  }

  /** @returns a small text and where it finally came from
   *  @throws SourceFault */
  async text(
    url: string,
    request: HttpRequest = {},
  ): Promise<{ readonly text: string; readonly url: string; readonly contentType: string }> {
    const { response } = await this.request(url, request);
    await refuseStatus(response);
    return {
      text: (await this.whole(bodyOf(response), request.signal)).toString('utf8'),
      url: response.url || url,
      contentType: response.headers.get('content-type') ?? '',
    };
  }

  /** @returns what an opened body gives, all of it
   *  @throws SourceFault; AppError request.cancelled */
  async whole(body: Readable, signal = new AbortController().signal): Promise<Buffer> {
    return readBody(body, this.patience.stallMs, signal);
  }

  /** @returns parsed JSON, not validated yet
   *  @throws SourceFault */
  async json(url: string, request: HttpRequest = {}): Promise<unknown> {
    const { text } = await this.text(url, request);
    return parseJson(text);
  }

  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }

  private async request(url: string, { headers, signal }: HttpRequest): Promise<{ response: Response }> {
    if (signal?.aborted) throw fetchCancelled();
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), this.patience.answerMs);
    const signals = [deadline.signal, ...(signal ? [signal] : [])];
    try {
      return {
        response: await fetch(url, {
          dispatcher: this.dispatcher,
          signal: AbortSignal.any(signals),
          ...(headers ? { headers } : {}),
        }),
      };
    } catch (error) {
      if (deadline.signal.aborted)
        throw new SourceFault(
          'unreachable',
          `did not answer within ${this.patience.answerMs / 1000} s`,
          error,
        );
      throw signal?.aborted ? fetchCancelled() : toSourceFault(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function bodyOf({ body }: Response): Readable {
  const bytes = body ? Readable.fromWeb(body) : Readable.from([]);
  // A body that nobody reads any more fails when the client is closed; whoever reads it gets the fault by reading.
  bytes.on('error', () => undefined);
  return bytes;
}

/** @throws SourceFault */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const what = /^\s*</.test(text) ? 'a web page' : 'something';
    throw new SourceFault('wrong', `answered with ${what} that is not JSON`, error);
  }
}

async function refuseStatus(response: Response): Promise<void> {
  if (response.ok) return;
  await response.body?.cancel();
  const { status } = response;
  if (status === 404 || status === 410) throw new SourceFault('missing', `has not got it (status ${status})`);
  if (status === 401 || status === 403)
    throw new SourceFault('missing', `does not give it out (status ${status})`);
  throw new SourceFault('unreachable', `answered with status ${status}`);
}

/** Splits user and password off an address, because fetch refuses addresses that have them.
 *  @returns the address without them, and the header that carries them */
export function splitCredentials(address: string): {
  readonly address: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const url = new URL(address);
  if (url.username === '' && url.password === '') return { address, headers: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { address: url.href, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}
