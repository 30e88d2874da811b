import { describe, expect, it } from '@jest/globals';
import { drainTasks, FINALS_ONLY, openSession } from './session-fixture.js';

describe('what a client that asks for a final is told', () => {
  it('is whose final comes last of what was said before', async () => {
    const { session, decodes, events, push, results } = openSession(FINALS_ONLY);
    await push(0.9, 30);
    await session.finalize();
    await session.tellFinalized();
    await drainTasks();
    decodes[0]?.answer('all of it');
    await session.flush();
    const told = events.find(({ endpoint }) => endpoint?.kind === 'ENDPOINT_KIND_FINALIZED');
    expect(results()[0]?.utteranceId).toMatch(/^\w{26}$/);
    expect(told?.endpoint?.utteranceId).toBe(results()[0]?.utteranceId);
  });

  it('is that none comes where nothing was said, or all of it is final', async () => {
    const { session, decodes, events, push } = openSession(FINALS_ONLY);
    await push(0, 10);
    await session.finalize();
    await session.tellFinalized();
    await push(0.9, 30);
    await push(0, 20);
    await drainTasks();
    decodes[0]?.answer('all of it');
    await session.flush();
    await session.finalize();
    await session.tellFinalized();
    const told = events.filter(({ endpoint }) => endpoint?.kind === 'ENDPOINT_KIND_FINALIZED');
    expect(told.map(({ endpoint }) => endpoint?.utteranceId)).toEqual(['', '']);
  });
});
