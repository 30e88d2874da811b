import { describe, expect, it } from '@jest/globals';
import type { LearnEvent } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { FrameSocket } from '../../../../../test/support/frame-socket.js';
import { until } from '../../../../../test/support/until.js';
import type { ClientSocket } from '../client-socket.js';
import { LearnCatalogue } from './learn-catalogue.service.js';
import type { LearnConversation } from './learn-conversation.js';
import { LearnSession } from './learn-session.js';

const SESSION = '01JD0000000000000000000000';
const START = JSON.stringify({ type: 'start_session', user_external_id: 'u' });

/** Stands for a learning session. */
class Running {
  readonly session = SESSION;
  readonly turns = { count: 2, words: 9 };
  readonly durationMs = 100;
  readonly calls: string[] = [];
  async push(): Promise<void> {
    this.calls.push('push');
  }

  async end(): Promise<object> {
    this.calls.push('end');
    return { turns: 2 };
  }

  async abandon(): Promise<void> {
    this.calls.push('abandon');
  }
}

function opened(begin: () => Promise<Running> = async () => new Running(), idleMs = 60_000) {
  const socket = new FrameSocket<LearnEvent>();
  const session = new LearnSession({
    idleMs,
    tenant: 'acme',
    catalogue: new LearnCatalogue({ find: async () => ({}) } as never, {} as never),
    begin: async () => (await begin()) as unknown as LearnConversation,
  });
  const run = session.run(socket as unknown as ClientSocket);
  return { socket, session, run };
}

describe('a socket of learning', () => {
  it('runs one session after the other, never two', async () => {
    const { socket, run } = opened();
    await socket.frame(START);
    await socket.frame(START);
    await socket.frame(JSON.stringify({ type: 'end_session' }));
    await socket.frame(JSON.stringify({ type: 'end_session' }));
    await socket.frame(START);
    expect(socket.sent.map(({ type }) => type)).toEqual([
      'welcome',
      'session_started',
      'session_ended',
      'session_started',
    ]);
    expect(socket.reported).toEqual(['request.invalid', 'request.invalid']);
    socket.leave();
    await run;
  });

  it('says that a session cannot begin, and lets it be tried again', async () => {
    let tries = 0;
    const { socket, run } = opened(async () => {
      if ((tries += 1) === 1) throw new AppError('inference.overloaded', 'full');
      return new Running();
    });
    await socket.frame(START);
    await socket.frame(START);
    expect(socket.reported).toEqual(['inference.overloaded']);
    expect(socket.sent.at(-1)).toMatchObject({ type: 'session_started', session_id: SESSION });
    socket.leave();
    await run;
  });

  it('is closed by the fault after twenty in a row, and by one that is ours at once', async () => {
    const patient = opened();
    for (let sent = 0; sent < 20; sent += 1) await patient.socket.frame('{');
    await patient.socket.frame(JSON.stringify({ type: 'get_status' }));
    for (let sent = 0; sent < 20; sent += 1) await patient.socket.frame('{');
    expect(patient.socket.failed).toEqual([]);
    await patient.socket.frame('{');
    expect(patient.socket.failed).toEqual(['request.invalid']);
    await patient.run;
    const broken = opened(() => Promise.reject(new AppError('internal.unexpected', 'bug')));
    await broken.socket.frame(START);
    expect(broken.socket.failed).toEqual(['internal.unexpected']);
    await broken.run;
  });

  it('is closed where its client says nothing for too long', async () => {
    const { socket, run } = opened(undefined, 20);
    await run;
    expect(socket.failed).toEqual(['stream.idle_timeout']);
  });

  it('leaves its session when the client goes, also one that is just beginning', async () => {
    const running = new Running();
    const begun = Promise.withResolvers<Running>();
    let isAsked = false;
    const { socket, run } = opened(() => {
      isAsked = true;
      return begun.promise;
    });
    const starting = socket.frame(START);
    await until(() => isAsked);
    socket.leave();
    begun.resolve(running);
    await starting;
    await run;
    expect(running.calls).toEqual(['abandon']);
  });

  it('is drained with the summary of its session, and takes nothing more', async () => {
    const running = new Running();
    const { socket, session, run } = opened(async () => running);
    await socket.frame(START);
    session.drain();
    await socket.frame(Buffer.alloc(2));
    await until(() => socket.failed.length > 0);
    await run;
    expect(running.calls).toEqual(['end']);
    expect(socket.sent.at(-1)).toMatchObject({ type: 'session_ended' });
    expect(socket.failed).toEqual(['service.draining']);
  });

  it('that was drained before it was open is told so', async () => {
    const socket = new FrameSocket<LearnEvent>();
    const session = new LearnSession({
      tenant: 'acme',
      idleMs: 1_000,
      catalogue: new LearnCatalogue({ find: async () => ({}) } as never, {} as never),
      begin: () => Promise.reject(new Error('never asked')),
    });
    session.drain();
    await session.run(socket as unknown as ClientSocket);
    expect(socket.failed).toEqual(['service.draining']);
  });
});
