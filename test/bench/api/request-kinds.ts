import autocannon from 'autocannon';
import { API_KEY } from '../../support/platform.js';
import { p95Of } from '../ratios.js';
import { rankOf, wordOfRank, type Random } from './generated-text.js';
import type { GeneratedTurns } from './generated-turns.js';

/** A request of some kind. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: object;
}

/** A kind of requests that are measured together, and how many are sent a second. */
export interface RequestKind {
  readonly name: 'reads' | 'writes' | 'search';
  readonly perSecond: number;
  readonly next: () => ApiRequest;
}

export interface KindFigures {
  readonly name: string;
  readonly sent: number;
  readonly failed: number;
  readonly p50: number;
  readonly p95: number;
}

/** What is asked for at 200 requests a second in all. */
export function requestKinds(ids: GeneratedTurns, random: Random): RequestKind[] {
  const pick = (count: number) => Math.floor(random() * count);
  const session = () => ids.sessionId(pick(ids.sessions));
  const reads = [
    () => `/api/v1/voice/sessions/${session()}`,
    () => `/api/v1/sessions/${session()}`,
    () => `/api/v1/turns/${ids.turnId(pick(ids.turns))}`,
    () => '/api/v1/scenarios?limit=20',
    () => deepPage(ids, random),
    () => `/api/v1/voice/sessions?limit=20&user=${ids.learnerOf(pick(ids.sessions))}`,
  ];
  return [
    { name: 'reads', perSecond: 130, next: () => ({ method: 'GET', path: reads[pick(reads.length)]!() }) },
    { name: 'search', perSecond: 30, next: () => ({ method: 'GET', path: searchPath(ids, random) }) },
    { name: 'writes', perSecond: 40, next: () => writeRequest(random) },
  ];
}

/** A page of sessions at any depth. */
export function deepPage(ids: GeneratedTurns, random: Random): string {
  return `/api/v1/voice/sessions?limit=20&cursor=${ids.sessionId(Math.floor(random() * ids.sessions))}`;
}

function searchPath(ids: GeneratedTurns, random: Random): string {
  const word = () => wordOfRank(rankOf(random));
  const learner = ids.learnerOf(Math.floor(random() * ids.sessions));
  const queries: readonly Readonly<Record<string, string>>[] = [
    { text: word() },
    { text: `${word()} ${word()}` },
    { text: `${wordOfRank(0)} ${wordOfRank(1)}` },
    { text: word(), learner },
    { phrase: `${wordOfRank(0)} ${wordOfRank(2)}` },
    { text: word(), mode: 'grammar', min_score: '40', max_score: '90' },
  ];
  const query = queries[Math.floor(random() * queries.length)];
  return `/api/v1/conversations/search?${new URLSearchParams({ ...query, limit: '20' })}`;
}

function writeRequest(random: Random): ApiRequest {
  const user = `writer-${Math.floor(random() * 1_000_000)}`;
  return { method: 'POST', path: '/api/v1/voice/sessions', body: { user, context: { mode: 'grammar' } } };
}

/** Sends requests of a kind at its rate for some time. */
export async function sendAtRate(url: string, kind: RequestKind, seconds: number): Promise<KindFigures> {
  const times: number[] = [];
  let failed = 0;
  const options: autocannon.Options = {
    url,
    duration: seconds,
    connections: 8,
    overallRate: kind.perSecond,
    requests: [
      {
        setupRequest: (request) => {
          const { method, path, body } = kind.next();
          return {
            ...request,
            ...{ method, path },
            headers: {
              authorization: `Bearer ${API_KEY}`,
              ...(body ? { 'content-type': 'application/json' } : {}),
            },
            ...(body ? { body: JSON.stringify(body) } : {}),
          };
        },
      },
    ],
  };
  const { errors } = await new Promise<autocannon.Result>((resolve, reject) => {
    const running = autocannon(options, (error: unknown, result) =>
      error ? reject(error as Error) : resolve(result),
    );
    running.on('response', (_client, status, _bytes, milliseconds) => {
      times.push(milliseconds);
      if (status >= 300) failed += 1;
    });
  });
  return {
    name: kind.name,
    sent: times.length,
    failed: failed + errors,
    p50: times.toSorted((one, other) => one - other)[times.length >> 1] ?? NaN,
    p95: p95Of(times),
  };
}
