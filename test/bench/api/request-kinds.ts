import { setTimeout as sleep } from 'node:timers/promises';
import { randomExponential } from 'd3-random';
import { Pool } from 'undici';
import { API_KEY } from '../../support/platform.js';
import { medianOf, p95Of } from '../ratios.js';
import { rankOf, wordOfRank, type Random } from './generated-text.js';
import type { GeneratedTurns } from './generated-turns.js';

/** To each replica, of each kind: what waits for one is late. */
const CONNECTIONS = 32;
const TIMEOUTS = { headersTimeout: 30_000, bodyTimeout: 30_000 };

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
  /** How many failed, by the status or, where none came, by the error's code. */
  readonly failures: ReadonlyMap<string, number>;
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

/**
 * Sends requests of a kind at its rate for some time, to the replicas in turn, at moments that are independent of each other and of the
 * answers (a Poisson process), as many clients do. Not by autocannon, which sends a second's requests at its beginning.
 * @returns what each took from the moment it was due to the end of its answer
 */
export async function sendAtRate(
  urls: readonly string[],
  { name, perSecond, next }: RequestKind,
  seconds: number,
  random: Random,
): Promise<KindFigures> {
  const pools = urls.map((url) => new Pool(url, { connections: CONNECTIONS, ...TIMEOUTS }));
  const times: number[] = [];
  const failures = new Map<string, number>();
  const send = async (pool: Pool, dueAt: number) => {
    const outcome = await statusOf(pool, next()).catch(
      ({ code, name }: NodeJS.ErrnoException) => code ?? name,
    );
    times.push(performance.now() - dueAt);
    const isGood = typeof outcome === 'number' && outcome >= 200 && outcome < 300;
    if (!isGood) failures.set(String(outcome), (failures.get(String(outcome)) ?? 0) + 1);
  };
  const gapMs = randomExponential.source(random)(perSecond / 1_000);
  const sent: Promise<void>[] = [];
  const begun = performance.now();
  for (let dueAt = begun; dueAt < begun + 1_000 * seconds; dueAt += gapMs()) {
    const earlyMs = dueAt - performance.now();
    if (earlyMs > 0) await sleep(earlyMs);
    sent.push(send(pools[sent.length % pools.length]!, dueAt));
  }
  await Promise.all(sent);
  await Promise.all(pools.map((pool) => pool.close()));
  return { name, sent: times.length, failures, p50: medianOf(times), p95: p95Of(times) };
}

async function statusOf(pool: Pool, { method, path, body }: ApiRequest): Promise<number> {
  const authorization = `Bearer ${API_KEY}`;
  const headers = body ? { authorization, 'content-type': 'application/json' } : { authorization };
  const answer = await pool.request({ method, path, headers, body: body ? JSON.stringify(body) : null });
  await answer.body.dump();
  return answer.statusCode;
}
