import autocannon from 'autocannon';
import { API_KEY } from '../../support/platform.js';
import { medianOf, p95Of } from '../ratios.js';
import { rankOf, wordOfRank, type Random } from './generated-text.js';
import type { GeneratedTurns } from './generated-turns.js';

/** To each replica, of each kind. */
const CONNECTIONS = 8;

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

/** What is asked for at 200 requests a second in all.
 *  @param active  sessions that may be changed */
export function requestKinds(ids: GeneratedTurns, active: readonly string[], random: Random): RequestKind[] {
  const pick = (count: number) => Math.floor(random() * count);
  const session = () => ids.sessionId(pick(ids.sessions));
  const reads = [
    () => `/api/v1/sessions/${session()}`,
    () => `/api/v1/sessions/${session()}/turns?limit=20`,
    () => `/api/v1/turns/${ids.turnId(pick(ids.turns))}`,
    () => '/api/v1/scenarios?limit=20',
    () => `/api/v1/sessions?limit=20&cursor=${session()}`,
    () => `/api/v1/sessions?limit=20&user_external_id=${ids.learnerOf(pick(ids.sessions))}`,
  ];
  const writes = [
    () => openRequest(random),
    (): ApiRequest => ({
      method: 'PUT',
      path: `/api/v1/voice/sessions/${active[pick(active.length)]}/context`,
      body: { level: random() < 0.5 ? 'B1' : 'B2' },
    }),
  ];
  return [
    { name: 'reads', perSecond: 130, next: () => ({ method: 'GET', path: reads[pick(reads.length)]!() }) },
    { name: 'search', perSecond: 30, next: () => ({ method: 'GET', path: searchPath(ids, random) }) },
    { name: 'writes', perSecond: 40, next: () => writes[pick(writes.length)]!() },
  ];
}

/** Opens a session for a learner of its own. */
export function openRequest(random: Random): ApiRequest {
  const learner = `writer-${Math.floor(random() * 1_000_000)}`;
  const body = { user_external_id: learner, mode_code: 'grammar', language_code: 'en' };
  return { method: 'POST', path: '/api/v1/sessions/open', body };
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

/** Sends requests of a kind at its rate for some time, to each replica as many. */
export async function sendAtRate(
  urls: readonly string[],
  kind: RequestKind,
  seconds: number,
): Promise<KindFigures> {
  const sent = await Promise.all(
    urls.map((url) => sendTo(url, { ...kind, perSecond: kind.perSecond / urls.length }, seconds)),
  );
  const times = sent.flatMap((one) => one.times);
  return {
    name: kind.name,
    sent: times.length,
    failed: sent.reduce((sum, one) => sum + one.failed, 0),
    p50: medianOf(times),
    p95: p95Of(times),
  };
}

/** @returns what each request took, milliseconds */
async function sendTo(
  url: string,
  { perSecond, next }: RequestKind,
  seconds: number,
): Promise<{ readonly times: readonly number[]; readonly failed: number }> {
  const times: number[] = [];
  let failed = 0;
  const options: autocannon.Options = {
    url,
    duration: seconds,
    connections: CONNECTIONS,
    overallRate: perSecond,
    requests: [
      {
        setupRequest: (request) => {
          const { method, path, body } = next();
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
  return { times, failed: failed + errors };
}
