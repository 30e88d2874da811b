import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import ipaddr from 'ipaddr.js';
import type { Agent } from 'undici';
import type { CustomFetch } from 'openid-client';

/** A provider's answer is no longer. */
const MOST_BYTES = 512 * 1024;

/** An address that requests of other people's making do not go to. */
export class PrivateAddress extends Error {
  constructor() {
    super('The address is a private one, or not one of HTTPS.');
  }
}

export interface PublicFetchOptions {
  /** Private addresses too, and plain HTTP on this machine. */
  readonly allowPrivate: boolean;
  readonly limitMs: number;
}

/**
 * Fetches from addresses that others chose: by HTTPS, without following redirects, and not from private networks. The address that
 * a name has is looked at when the connection is made, so that no second look-up leads elsewhere.
 */
export function publicFetch(options: PublicFetchOptions): CustomFetch {
  let client: Promise<{ readonly agent: Agent; readonly fetchBy: typeof import('undici').fetch }> | undefined;
  return async (address, { method, headers, body, signal }) => {
    if (!isFetchable(address, options.allowPrivate)) throw new PrivateAddress();
    const { agent, fetchBy } = await (client ??= clientOf(options));
    const answer = await fetchBy(address, {
      ...{ method, redirect: 'manual', dispatcher: agent },
      headers: { ...headers, 'accept-encoding': 'identity' },
      ...(body === undefined ? {} : { body: body as string | URLSearchParams }),
      ...(signal ? { signal } : {}),
    });
    // What is packed may be a thousand times as long as what is counted.
    if ((answer.headers.get('content-encoding') ?? 'identity') !== 'identity') {
      await answer.body?.cancel();
      throw new Error('The answer is compressed, which was not asked for.');
    }
    return answer as unknown as Response;
  };
}

/** Loaded when it is needed: most installations have no provider, and it takes 25 MiB. */
async function clientOf({ limitMs, allowPrivate }: PublicFetchOptions) {
  const { Agent: Pools, fetch: fetchBy } = await import('undici');
  const agent = new Pools({
    connect: { timeout: limitMs, ...(allowPrivate ? {} : { lookup: publicLookup }) },
    headersTimeout: limitMs,
    bodyTimeout: limitMs,
    maxResponseSize: MOST_BYTES,
    // A provider that was told to end is not held up, and a pool for each name is not worth it.
    keepAliveTimeout: 1_000,
  });
  return { agent, fetchBy };
}

/** Whether a request may go to an address, as far as it tells by itself. */
export function isFetchable(address: string, allowPrivate: boolean): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') return false;
  const host = hostname.replace(/^\[|\]$/g, '');
  const isLiteral = ipaddr.isValid(host);
  if (allowPrivate)
    return protocol === 'https:' || (protocol === 'http:' && (host === 'localhost' || isLoopback(host)));
  if (protocol !== 'https:' || host === 'localhost' || host.endsWith('.localhost')) return false;
  return !isLiteral || isPublic(host);
}

/** Whether an IP address belongs to the public network, and to no special part of it. */
export function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

function isLoopback(host: string): boolean {
  return ipaddr.isValid(host) && ipaddr.process(host).range() === 'loopback';
}

type Found = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

type Lookup = (name: string, options: LookupOptions, found: Found) => void;

/** As `dns.lookup`; fails where one of the name's addresses is not allowed. */
export function guardedLookup(isAllowed: (address: string) => boolean): Lookup {
  return (name, options, found) =>
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return found(error, []);
      const [first] = addresses;
      if (!first || addresses.some(({ address }) => !isAllowed(address)))
        return found(new PrivateAddress(), []);
      if (options.all) found(null, addresses);
      else found(null, first.address, first.family);
    });
}

/** As `dns.lookup`; fails where one of the name's addresses is private. */
export const publicLookup = guardedLookup(isPublic);
