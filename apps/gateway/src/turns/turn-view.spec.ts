import { describe, expect, it } from '@jest/globals';
import type { TurnRecord } from '@parlance/persistence';
import { aTurn } from '../../../../test/support/turn-factory.js';
import { turnStatus, turnView } from './turn-view.js';

const { identity, ...transcribed } = aTurn();
const audio = { key: 'speech/a.mp3', contentType: 'audio/mpeg', bytes: 10 };
const words = [{ text: 'First', startMs: 0, endMs: 300 }];
const spoken = { index: 0, audio, durationMs: 500, engine: 'polly', voice: 'Joanna', words };
const unspoken = {
  index: 1,
  error: { code: 'upstream.unavailable', message: 'Not just now.', retryable: true },
  degraded: { stage: 'speech' as const, from: 'polly', to: 'text', reason: 'upstream.unavailable' },
};

function record(overrides: Partial<TurnRecord>): TurnRecord {
  return {
    ...transcribed,
    id: identity.turn,
    tenant: identity.tenant,
    session: identity.session,
    state: 'replied',
    draft: ['First.', 'Second.'].map((text, index) => ({ index, text, model: 'coach' })),
    reply: {
      text: 'First. Second.',
      sentences: 2,
      model: 'coach',
      corrections: [],
      repliedAt: new Date(0),
    },
    speech: [],
    unspoken: [],
    createdAt: new Date(0),
    ...overrides,
  };
}

describe('a turn as clients see it', () => {
  it('is complete when every sentence is spoken or known to stay text', () => {
    expect(turnStatus(record({ speech: [spoken] }))).toBe('answering');
    expect(turnStatus(record({ unspoken: [unspoken] }))).toBe('answering');
    expect(turnStatus(record({ speech: [spoken], unspoken: [unspoken] }))).toBe('complete');
    expect(turnStatus(record({ unspoken: [unspoken, { ...unspoken, index: 0 }] }))).toBe('complete');
  });

  it('says of each sentence where it can be heard with its words, or why it cannot', () => {
    const { reply, error } = turnView(record({ speech: [spoken], unspoken: [unspoken] }), '');
    expect(reply!.sentences).toMatchObject([
      { text: 'First.', audio: { durationMs: 500, words } },
      { text: 'Second.', unspoken: { error: { code: 'upstream.unavailable' }, degraded: { to: 'text' } } },
    ]);
    expect(reply!.sentences[1]).not.toHaveProperty('audio');
    expect(error).toBeNull();
  });

  it('says that another voice has spoken', () => {
    const degraded = {
      stage: 'speech',
      from: 'polly',
      to: 'local:piper',
      reason: 'upstream.unavailable',
    } as const;
    const { reply } = turnView(record({ speech: [{ ...spoken, degraded }] }), '');
    expect(reply!.sentences[0]).toMatchObject({ audio: { degraded } });
  });
});
