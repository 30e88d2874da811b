import type { z } from 'zod';
import { AppError } from '@parlance/errors';
import { outsideCall, type BreakerOptions, type OutsideCall } from '@parlance/resilience';

/** A transcript of hours is smaller. */
const MOST_ANSWER_BYTES = 4 * 1024 ** 2;

/** Where a provider is asked, and by whose key. */
export interface ProviderRequest {
  readonly baseUrl: string;
  /** Behind the base. */
  readonly path: string;
  readonly key: string | undefined;
  /** Of a body that does not say it itself. */
  readonly contentType?: string;
  readonly body: Buffer<ArrayBuffer> | FormData;
  readonly signal: AbortSignal;
}

/** Sends a provider a recording. The key goes to the configured server and nowhere else. @throws whatever `fetch` throws */
export function post({ baseUrl, path, key, contentType, body, signal }: ProviderRequest): Promise<Response> {
  const headers = {
    ...(contentType === undefined ? {} : { 'content-type': contentType }),
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  };
  const address = `${baseUrl.replace(/\/+$/, '')}${path}`;
  return fetch(address, { method: 'POST', body, headers, redirect: 'error', signal });
}

/** How a provider is called: each attempt, and all of them, within the limit; it is left alone while it fails. */
export function providerCall(name: string, timeoutMs: number, breaker: BreakerOptions): OutsideCall {
  return outsideCall({ name, timeoutMs, attempts: 3, breaker, isRetryable: isWorthRepeating });
}

/** The JSON body of a provider's answer. @throws AppError upstream.unavailable where it is too large or none of that kind */
export async function answerOf<T>(provider: string, response: Response, schema: z.ZodType<T>): Promise<T> {
  try {
    return schema.parse(JSON.parse(await limitedText(response)));
  } catch (cause) {
    throw new AppError('upstream.unavailable', `${provider} gave an answer that is none.`, { cause });
  }
}

/** What a provider's refusal means: `quota.exceeded` and its hint for 429, `upstream.unavailable` where another try may
 *  succeed, `request.invalid` where it cannot. The provider's text goes nowhere. */
export function refusalOf(provider: string, response: Response): AppError {
  const cause = new Error(`HTTP ${response.status}`);
  if (response.status === 429) {
    const retryAfterSeconds = hintOf(response);
    const hint = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
    return new AppError('quota.exceeded', `${provider} takes no more just now.`, { cause, ...hint });
  }
  if (response.status >= 500 || response.status === 408)
    return new AppError('upstream.unavailable', `${provider} is not available just now.`, { cause });
  return new AppError('request.invalid', `${provider} refused the recording.`, { cause });
}

/** Whether the same provider is worth another try at once. */
function isWorthRepeating(error: unknown): boolean {
  return !(error instanceof AppError) || error.code === 'upstream.unavailable';
}

/** Reads the body, no more of it than the limit. */
export async function limitedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > MOST_ANSWER_BYTES) throw new Error('the answer is too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

function hintOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : undefined;
}
