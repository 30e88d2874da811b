import { describe, expect, it } from '@jest/globals';
import { sessionSettingsSchema } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { SessionEvent } from '@parlance/messaging';
import type { SessionRecord } from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { anIdentity } from '../../../../test/support/turn-factory.js';
import type { LiveConversation } from '../live/live-conversation.js';
import { JoinedSession } from './joined-session.js';
import type { SessionSocket } from './session-channel.js';

const identity = anIdentity();
const AWAY = new AppError('store.unavailable', 'Not just now.');
const GONE = new AppError('turn.not_found', 'There is no such turn.');

/** A session in which one spoken sentence arrives, and the client that has joined it. */
function joined(audioOf: () => Promise<Buffer>) {
  const told: unknown[] = [];
  const reported: unknown[] = [];
  const audio = { key: 'speech', contentType: 'audio/mpeg', bytes: 3 };
  const data = { identity, index: 0, audio, durationMs: 900, engine: 'piper', voice: 'joe', words: [] };
  const arrived: SessionEvent = { sequence: 7, event: { name: 'speech.ready', data }, headers: {} };
  const conversation = {
    async *[Symbol.asyncIterator]() {
      yield { kind: 'event', arrived };
    },
    audioOf,
  };
  const socket = {
    client: { send: (name: string, event: unknown) => Promise.resolve(void told.push([name, event])) },
    requestId: 'request',
    report: (error: unknown) => void reported.push(error),
  };
  const session = new JoinedSession(
    socket as unknown as SessionSocket,
    conversation as unknown as LiveConversation,
    { get: async () => ({ draft: [{ text: 'Hello.' }] }) as never },
    { id: identity.session, settings: sessionSettingsSchema.parse({}) } as SessionRecord,
    { model: '', idleMs: 60_000 },
    silentLogger,
  );
  return { session, told, reported };
}

describe('a session that a client has joined', () => {
  it('tells an event, once, when the store that it needs is back', async () => {
    let tries = 0;
    const { session, told, reported } = joined(async () => {
      tries += 1;
      if (tries < 3) throw AWAY;
      return Buffer.from('abc');
    });
    await session.follow();
    const spoken = { metadata: { sequence: 7, part: 'speech', index: 0 }, audio: { index: 0 } };
    expect(told).toMatchObject([
      ['voice:processing', { status: 'speaking' }],
      ['voice:response', spoken],
    ]);
    expect(reported).toEqual([]);
  });

  it('goes on behind an event that cannot be told at all, and says so', async () => {
    const { session, told, reported } = joined(() => Promise.reject(GONE));
    await session.follow();
    expect(told).toEqual([]);
    expect(reported).toEqual([GONE]);
  });
});
