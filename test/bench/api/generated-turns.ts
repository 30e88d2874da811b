import { setTimeout as delay } from 'node:timers/promises';
import { encodeTime } from 'ulid';
import { termsOf, type StoreConnection } from '@parlance/persistence';
import { aGeneratedText, seededRandom, type Random } from './generated-text.js';

/** Turns of a session, and sessions of a learner. */
const TURNS_PER_SESSION = 20;
const SESSIONS_PER_LEARNER = 10;
const BATCH = 250;
const DUPLICATE_KEY = 11_000;
const TRIES = 10;
const RETRY_MS = 1_000;
const LANGUAGES = ['en', 'en', 'en', 'es', 'de', 'fr'] as const;
const MODES = ['conversation', 'grammar', 'pronunciation', 'reading', 'assessment'] as const;
/** The first session began so long ago; the others follow evenly. */
const AGE_MS = 300 * 86_400_000;

export const BENCH_TENANT = 'acme';

/** What was generated, for requests that ask for it. */
export interface GeneratedTurns {
  /** When the newest turn was taken, ms since 1970. */
  readonly now: number;
  readonly turns: number;
  readonly sessions: number;
  readonly sessionId: (index: number) => string;
  readonly turnId: (index: number) => string;
  readonly learnerOf: (session: number) => string;
}

/** Ids as they would be had the sessions been held evenly over the time before a moment. */
export function generatedIds(turns: number, now: number): GeneratedTurns {
  const sessions = Math.ceil(turns / TURNS_PER_SESSION);
  const step = AGE_MS / Math.max(1, turns);
  const idOf = (kind: string, turn: number) =>
    encodeTime(Math.floor(now - AGE_MS + turn * step), 10) +
    kind +
    turn
      .toString(32)
      .toUpperCase()
      .replace(/[ILOU]/g, (letter) => CROCKFORD[letter] ?? letter)
      .padStart(15, '0');
  return {
    now,
    turns,
    sessions,
    sessionId: (index) => idOf('S', index * TURNS_PER_SESSION),
    turnId: (index) => idOf('T', index),
    learnerOf: (session) => `learner-${Math.floor(session / SESSIONS_PER_LEARNER)}`,
  };
}
/** Letters of base 32 that no ULID has. */
const CROCKFORD: Readonly<Record<string, string>> = { I: 'W', L: 'X', O: 'Y', U: 'Z' };

/** Writes sessions and turns straight into the store, as the services would have left them. */
export async function generateTurns(
  store: StoreConnection,
  ids: GeneratedTurns,
  say: (line: string) => void,
): Promise<void> {
  const random = seededRandom(20);
  const [turns, sessions] = [store.raw.collection('turns'), store.raw.collection('sessions')];
  const step = AGE_MS / Math.max(1, ids.turns);
  let pending: Promise<unknown>[] = [];
  const begun = performance.now();
  for (let first = 0; first < ids.turns; first += BATCH) {
    const count = Math.min(BATCH, ids.turns - first);
    const documents = Array.from({ length: count }, (_, at) =>
      aTurn(ids, first + at, new Date(ids.now - AGE_MS + (first + at) * step), random),
    );
    const heads = documents
      .filter(({ sequence }) => sequence === 1)
      .map(({ session, createdAt, search, language }) => aSession(session, createdAt, search, language));
    pending.push(inserted(turns, documents));
    if (heads.length > 0) pending.push(inserted(sessions, heads));
    if (pending.length < 3 && first + BATCH < ids.turns) continue;
    await Promise.all(pending);
    pending = [];
    if (Math.floor(first / BATCH) % 80 < 2) {
      const rate = (first + count) / ((performance.now() - begun) / 1_000);
      say(`  ${first + count} turns, ${rate.toFixed(0)} a second`);
    }
  }
}

interface Inserting {
  insertMany(documents: never[], options: { readonly ordered: boolean }): Promise<unknown>;
}

/** On a busy machine the store may answer too late for the driver, which then closes its connections. */
async function inserted(collection: Inserting, documents: readonly object[]): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      await collection.insertMany(documents as never[], { ordered: false });
      return;
    } catch (error) {
      // All others were written: these had been, without an answer.
      if ((error as { readonly code?: unknown }).code === DUPLICATE_KEY) return;
      // The driver's own fault has every document in it.
      // eslint-disable-next-line preserve-caught-error
      if (tries === TRIES) throw new Error(`turns could not be written: ${(error as Error).message}`);
      await delay(RETRY_MS);
    }
}

function aTurn(ids: GeneratedTurns, index: number, createdAt: Date, random: Random) {
  const session = Math.floor(index / TURNS_PER_SESSION);
  const [text, reply] = [aGeneratedText(random, 12), aGeneratedText(random, 14)];
  const words = text.split(' ');
  return {
    _id: ids.turnId(index),
    tenant: BENCH_TENANT,
    session: ids.sessionId(session),
    sequence: (index % TURNS_PER_SESSION) + 1,
    state: 'replied',
    text,
    language: LANGUAGES[session % LANGUAGES.length]!,
    words: words.map((word, at) => ({
      ...{ text: word, startMs: 300 * at, endMs: 300 * at + 250 },
      confidence: 0.5 + random() / 2,
    })),
    scores: { fluency: 80, pace: 90, pauses: 95, soundQuality: 88, overall: 86 },
    ...{ speak: false, voice: '', speed: 1, draft: [], speech: [], unspoken: [] },
    reply: { text: reply, sentences: 1, model: 'builtin-coach', corrections: [], repliedAt: createdAt },
    evaluation: { total: Math.floor(random() * 1_001) / 10 },
    search: {
      revision: 1,
      user: ids.learnerOf(session),
      mode: MODES[session % MODES.length]!,
      terms: termsOf(text, reply),
    },
    createdAt,
  };
}

function aSession(
  id: string,
  createdAt: Date,
  { user, mode }: { readonly user: string; readonly mode: string },
  language: string,
) {
  const metrics = {
    ...{
      durationMs: 600_000,
      turns: TURNS_PER_SESSION,
      spokenWords: 240,
      speakingMs: 100_000,
      scoredTurns: 20,
    },
    scoreSums: { fluency: 1_600, pace: 1_800, pauses: 1_900, soundQuality: 1_760, overall: 1_720 },
  };
  return {
    ...{ _id: id, tenant: BENCH_TENANT, user, status: 'ended', lastSequence: TURNS_PER_SESSION, metrics },
    ...{ settings: { language }, context: { mode }, endReason: 'completed' },
    ...{ createdAt, lastActiveAt: createdAt, endedAt: createdAt },
  };
}
