import { describe, expect, it } from '@jest/globals';
import { aContext, anExchange } from '../../../../test/support/prompt-factory.js';
import { memoryOf, unsummarized } from './memory.js';

const exchanges = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    anExchange({ sequence: index + 1, said: `Said ${index + 1}.`, reply: `Reply ${index + 1}.` }),
  );
const summary = (through: number) => ({ text: 'They have a cat.', through, model: 'm' });

describe('the memory of a session', () => {
  it('is the last 20 messages word by word', () => {
    const memory = memoryOf(aContext({ exchanges: exchanges(10) }));
    expect(memory).toEqual({ earlier: '', recent: exchanges(10) });
  });

  it('has what is older in short, first the summary, then what is not in it yet', () => {
    const { earlier, recent } = memoryOf(aContext({ exchanges: exchanges(14), summary: summary(3) }));
    expect(recent.map(({ sequence }) => sequence)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
    expect(earlier).toBe('They have a cat.\nThe person said: Said 4. You answered: Reply 4.');
    expect(unsummarized(aContext({ exchanges: exchanges(14), summary: summary(3) }))).toHaveLength(1);
  });

  it('stays bounded, and loses the oldest first', () => {
    const long = exchanges(300).map((one) => ({ ...one, said: `${one.said} ${'word '.repeat(100)}` }));
    const { earlier } = memoryOf(aContext({ exchanges: long }));
    expect(earlier.length).toBeLessThanOrEqual(2_000);
    expect(earlier).toContain('Said 290.');
    expect(earlier).not.toContain('Said 1.');
  });

  it('has nothing of what moderation kept from the model', () => {
    const all = [...exchanges(2), anExchange({ sequence: 3, said: 'Bad.', model: 'moderation' })];
    expect(memoryOf(aContext({ exchanges: all })).recent).toHaveLength(2);
  });
});
