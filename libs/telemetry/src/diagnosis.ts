import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Session } from 'node:inspector/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from './logger.js';

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const PREFIX = '/debug/';
const LOG_LEVEL = '/debug/log-level';
const PROFILES = /^\/debug\/profiles\/(cpu|heap)$/;
const LONGEST_PROFILE_SECONDS = 60;
const DEFAULT_PROFILE_SECONDS = 10;
const MOST_BODY_BYTES = 1_024;

type ProfileKind = 'cpu' | 'heap';

/** An answer of the diagnosis routes. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Log levels and profiles of a running process, for whoever has the operators' key. Profiles are samples: taking one costs a
 *  few per cent, and no pause. */
export class Diagnosis {
  private isProfiling = false;

  /** @param keySha256  of the operators' key, 64 hex digits */
  constructor(
    private readonly keySha256: string,
    private readonly logger: Logger,
  ) {}

  /** Whether a path is one of these routes. */
  static isAbout(path: string | undefined): boolean {
    return path?.startsWith(PREFIX) === true;
  }

  /** Answers a request; never throws. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, body } = await this.answerTo(request).catch(() => refused(500, 'it failed'));
    response
      .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(JSON.stringify(body));
  }

  private async answerTo(request: IncomingMessage): Promise<Answer> {
    if (!this.isKey(request.headers.authorization)) return refused(401, 'the operators’ key is needed');
    const [path = '', query = ''] = (request.url ?? '/').split('?');
    if (path === LOG_LEVEL) return this.logLevel(request);
    const kind = PROFILES.exec(path)?.[1] as ProfileKind | undefined;
    if (kind === undefined) return refused(404, 'not found');
    if (request.method !== 'POST') return refused(405, 'POST takes a profile');
    return this.profile(kind, new URLSearchParams(query).get('seconds'));
  }

  private isKey(authorization = ''): boolean {
    const [, key = ''] = /^Bearer (.+)$/.exec(authorization) ?? [];
    const given = createHash('sha256').update(key).digest();
    return timingSafeEqual(given, Buffer.from(this.keySha256, 'hex'));
  }

  private async logLevel(request: IncomingMessage): Promise<Answer> {
    if (request.method === 'GET') return { status: 200, body: { level: this.logger.level } };
    if (request.method !== 'PUT') return refused(405, 'GET reads the level, PUT sets it');
    const level = levelIn(await bodyOf(request));
    if (level === undefined) return refused(400, `level: one of ${LEVELS.join(', ')}`);
    const before = this.logger.level;
    this.logger.level = level;
    this.logger.warn({ before, level }, 'the log level was changed');
    return { status: 200, body: { level } };
  }

  private async profile(kind: ProfileKind, asked: string | null): Promise<Answer> {
    const seconds = Number(asked ?? DEFAULT_PROFILE_SECONDS);
    if (!(seconds > 0 && seconds <= LONGEST_PROFILE_SECONDS))
      return refused(400, `seconds: above 0, at most ${LONGEST_PROFILE_SECONDS}`);
    if (this.isProfiling) return refused(409, 'another profile is being taken');
    this.isProfiling = true;
    this.logger.warn({ kind, seconds }, 'a profile is being taken');
    const session = new Session();
    try {
      session.connect();
      return { status: 200, body: await (kind === 'cpu' ? cpuProfile : heapProfile)(session, seconds) };
    } finally {
      session.disconnect();
      this.isProfiling = false;
    }
  }
}

async function cpuProfile(session: Session, seconds: number): Promise<unknown> {
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await delay(seconds * 1_000);
  return (await session.post('Profiler.stop')).profile;
}

async function heapProfile(session: Session, seconds: number): Promise<unknown> {
  await session.post('HeapProfiler.enable');
  await session.post('HeapProfiler.startSampling');
  await delay(seconds * 1_000);
  return (await session.post('HeapProfiler.stopSampling')).profile;
}

function refused(status: number, reason: string): Answer {
  return { status, body: { status: reason } };
}

/** @returns undefined for what is too long */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const part of request as AsyncIterable<Buffer>) {
    text += part.toString();
    if (text.length > MOST_BODY_BYTES) return undefined;
  }
  return text;
}

function levelIn(body: string | undefined): string | undefined {
  try {
    const { level } = JSON.parse(body ?? '') as { level?: unknown };
    return typeof level === 'string' && LEVELS.includes(level) ? level : undefined;
  } catch {
    return undefined;
  }
}
