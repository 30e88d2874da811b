import { QueryClient } from '@tanstack/react-query';
import createClient from 'openapi-fetch';
import type { paths } from '../generated/openapi.js';
import { AccessStore, type LogInAnswer } from '../access/access-store.js';

/** What the gateway tells the page of the installation (`/studio.json`). */
export interface Installation {
  readonly accounts: boolean;
  readonly organisation: string | null;
  readonly mail: boolean;
}

/** A fault as every route of ours tells it; OpenAI's routes have a code and a message as well. */
export interface ApiFaultBody {
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** A request that was refused, or failed. */
export class ApiFault extends Error {
  constructor(
    readonly status: number,
    readonly fault: ApiFaultBody,
  ) {
    super(fault.message);
  }
}

const REQUEST_LIMIT_MS = 30_000;
const open = createClient<paths>({ baseUrl: location.origin });

/** Who has logged in here. */
export const access = new AccessStore(async (refreshToken) => {
  const { data, response } = await open.POST('/api/v1/auth/refresh', {
    body: { refreshToken },
    signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
  });
  // The gateway's own trouble is no end of a log-in.
  if (!data && response.status >= 500) throw new TypeError(`the gateway answered ${response.status}`);
  return data as LogInAnswer | undefined;
});

/** Files take their time on a slow line. */
const UPLOAD_LIMIT_MS = 600_000;

/** The gateway's API, called as whoever has logged in; no answer is waited for without end. */
export const api = createClient<paths>({
  baseUrl: location.origin,
  fetch: (request) => {
    const isUpload = request.headers.get('content-type')?.startsWith('multipart/') ?? false;
    const limit = AbortSignal.timeout(isUpload ? UPLOAD_LIMIT_MS : REQUEST_LIMIT_MS);
    return fetch(request, { signal: AbortSignal.any([request.signal, limit]) });
  },
});
api.use({
  async onRequest({ request }) {
    const token = await access.token();
    if (token !== undefined) request.headers.set('authorization', `Bearer ${token}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401 && access.current) access.logOut(true);
    return undefined;
  },
});

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What is refused stays refused; what fails may come back.
      retry: (count, error) => count < 2 && !(error instanceof ApiFault && error.status < 500),
    },
  },
});

/** The answer of a call. @throws ApiFault where it is a fault */
export function dataOf<Data>(answer: {
  readonly data?: Data | undefined;
  readonly error?: unknown;
  readonly response: Response;
}): Data {
  if (answer.data === undefined) throw new ApiFault(answer.response.status, faultIn(answer.error));
  return answer.data;
}

/** The fault in a body that says `error`, or in an exception. */
export function faultIn(body: unknown): ApiFaultBody {
  if (body instanceof ApiFault) return body.fault;
  const { error } = (typeof body === 'object' && body !== null ? body : {}) as {
    error?: Partial<ApiFaultBody> | string;
  };
  // As clients of Triton read it.
  if (typeof error === 'string') return { code: 'request.failed', message: error };
  const { code = 'request.failed', message = body instanceof Error ? body.message : '' } = error ?? {};
  const retryAfterSeconds = error?.retryAfterSeconds;
  return { code, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

export async function loadInstallation(): Promise<Installation> {
  const answer = await fetch('/studio.json', { signal: AbortSignal.timeout(REQUEST_LIMIT_MS) });
  if (!answer.ok) throw new ApiFault(answer.status, { code: 'request.failed', message: answer.statusText });
  return (await answer.json()) as Installation;
}
