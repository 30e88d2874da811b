import { describe, expect, it } from '@jest/globals';
import type { TurnTranscribed } from '@parlance/contracts';
import { aTurn } from '../../../../test/support/turn-factory.js';
import { BuiltinCoach } from './builtin-coach.js';

const coach = new BuiltinCoach();

async function reply(turn: TurnTranscribed, options: { corrections?: never[]; written?: string[] } = {}) {
  const corrections = options.corrections ?? [{ start: 12, end: 14, message: 'past', suggestions: ['went'] }];
  let text = '';
  const prompt = { turn, corrections, history: [], written: options.written ?? [] };
  for await (const delta of coach.write(prompt)) text += delta;
  return text.trim().split('\n');
}

describe('the built-in coach', () => {
  it('takes up what was said, corrects it, says how it sounded and asks on', async () => {
    const sentences = await reply(aTurn());
    expect(sentences).toHaveLength(4);
    expect(sentences[0]).toMatch(/the market/);
    expect(sentences[1]).toMatch(/“went”/);
    expect(sentences[1]).toMatch(/“go”/);
    expect(sentences[2]).toMatch(/140 words a minute|easy to understand/);
    expect(sentences[3]).toMatch(/your sister.*\?$/);
  });

  it('says the same to the same turn, and goes on after what is written', async () => {
    const turn = aTurn();
    const whole = await reply(turn);
    expect(await reply(turn)).toEqual(whole);
    expect(await reply(turn, { written: whole.slice(0, 2) })).toEqual(whole.slice(2));
  });

  it('does not say the same to every turn', async () => {
    const replies = await Promise.all(Array.from({ length: 12 }, () => reply(aTurn())));
    expect(new Set(replies.map((sentences) => sentences.join(' '))).size).toBeGreaterThan(4);
  });

  it('corrects nothing where there is nothing to correct', async () => {
    expect((await reply(aTurn(), { corrections: [] })).join(' ')).not.toMatch(/“/);
  });

  it('asks to say it again when nothing was heard', async () => {
    expect((await reply(aTurn({ text: '  ' }))).join(' ')).toMatch(/again|once more/);
  });

  it('owns that it cannot answer a question', async () => {
    expect((await reply(aTurn({ text: 'Who won the match in 1966?' })))[0]).toMatch(/coach/);
  });

  it.each([
    ['noise', { signalToNoiseDb: 4 }, /noise/],
    ['clipping', { clippingRatio: 0.1 }, /too loud/],
    ['a long pause', { longestPauseMs: 2_300 }, /2\.3 seconds/],
    ['haste', { speechRateWpm: 220 }, /220 words a minute/],
    ['slowness', { speechRateWpm: 60 }, /60 words a minute/],
  ])('remarks on %s', async (_name, measures, remark) => {
    const turn = aTurn();
    const sentences = await reply({ ...turn, measures: { ...turn.measures, ...measures } });
    expect(sentences.join(' ')).toMatch(remark);
  });
});
