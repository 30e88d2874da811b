import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { AppError } from '@parlance/errors';
import { outsideCall } from '@parlance/resilience';
import type { AccessTokensConfig } from './access-tokens.config.js';

const ATTEMPTS = 2;
/** For the pause between the attempts. */
const PAUSE_MS = 1_000;
/** Tokens of unknown keys ask for the set again no sooner. */
const COOLDOWN_MS = 30_000;
/** How long known keys are good while their issuer cannot be asked. */
const STALE_LIMIT_MS = 3_600_000;
const MAX_SET_BYTES = 256 * 1024;

const keySetSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(100) });

/**
 * The public keys at a JWKS address (RFC 7517), cached; an issuer that is away for less than an hour keeps nobody out.
 * @returns what finds a token's key by its header
 * @throws AppError upstream.unavailable, request.deadline_exceeded from the returned function
 */
export function remoteKeySet({
  url,
  timeoutMs,
  cacheMs,
}: NonNullable<AccessTokensConfig['keySet']>): JWTVerifyGetKey {
  const call = outsideCall({ name: 'The issuer of access tokens', timeoutMs, attempts: ATTEMPTS });
  let last: { readonly body: string; readonly at: number } | undefined;
  return createRemoteJWKSet(new URL(url), {
    timeoutDuration: ATTEMPTS * timeoutMs + PAUSE_MS,
    cooldownDuration: COOLDOWN_MS,
    cacheMaxAge: cacheMs,
    [customFetch]: async (address, { headers, signal: limit }) => {
      try {
        const body = await call.execute(({ signal }) => fetchKeySet(address, headers, signal), limit);
        last = { body, at: Date.now() };
      } catch (error) {
        if (!last || Date.now() - last.at > STALE_LIMIT_MS) throw error;
      }
      return new Response(last.body);
    },
  });
}

/** @returns the set as JSON text */
async function fetchKeySet(address: string, headers: Headers, signal: AbortSignal): Promise<string> {
  const answer = await fetch(address, { headers, signal, redirect: 'error' });
  let body = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    body += decoder.decode(chunk as Uint8Array, { stream: true });
    if (body.length > MAX_SET_BYTES) throw unusable();
  }
  if (answer.status !== 200 || !isKeySet(body)) throw unusable();
  return body;
}

function isKeySet(body: string): boolean {
  try {
    return keySetSchema.safeParse(JSON.parse(body)).success;
  } catch {
    return false;
  }
}

function unusable(): AppError {
  return new AppError('upstream.unavailable', 'The issuer of access tokens gives no usable keys just now.');
}
