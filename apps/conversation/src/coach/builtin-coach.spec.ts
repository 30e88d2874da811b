import { describe, expect, it } from '@jest/globals';
import { lessonSchema, type TurnTranscribed } from '@parlance/contracts';
import { seededMode, seededScenario } from '../../../../test/support/catalogue-seeds.js';
import { aContext, anExchange, aPrompt } from '../../../../test/support/prompt-factory.js';
import { anIdentity, aTurn } from '../../../../test/support/turn-factory.js';
import type { ReplyContext, ReplyPrompt } from '../language-model/language-model.js';
import { BuiltinCoach } from './builtin-coach.js';

const coach = new BuiltinCoach();

async function reply(turn: TurnTranscribed, options: Partial<ReplyPrompt> = {}) {
  const corrections = Promise.resolve([{ start: 12, end: 14, message: 'past', suggestions: ['went'] }]);
  let text = '';
  for await (const part of coach.write(aPrompt({ turn, corrections, ...options }))) text += part.text;
  return text.trim().split('\n');
}

/** A session in which the coach answers one text after the other. */
async function session(texts: readonly string[], more: Partial<ReplyContext> = {}): Promise<string[][]> {
  const { session: id } = anIdentity();
  const exchanges = [];
  const replies = [];
  for (const [index, text] of texts.entries()) {
    const sequence = index + 1;
    const turn = aTurn({ identity: anIdentity({ session: id }), sequence, text });
    const sentences = await reply(turn, {
      corrections: Promise.resolve([]),
      context: aContext({ exchanges: [...exchanges], ...more }),
    });
    replies.push(sentences);
    exchanges.push(anExchange({ sequence, said: text, reply: sentences.join(' '), model: 'builtin-coach' }));
  }
  return replies;
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

  it('says its first sentence while the grammar is still checked', async () => {
    const corrections = new Promise<never>(() => undefined);
    const parts = coach.write(aPrompt({ turn: aTurn(), corrections }));
    expect((await parts.next()).value?.text).toMatch(/the market/);
  });

  it('corrects nothing where there is nothing to correct', async () => {
    expect((await reply(aTurn(), { corrections: Promise.resolve([]) })).join(' ')).not.toMatch(/“/);
  });

  it('asks to say it again when nothing was heard', async () => {
    expect((await reply(aTurn({ text: '  ' }))).join(' ')).toMatch(/again|once more/);
  });

  it('owns that it cannot answer a question', async () => {
    expect((await reply(aTurn({ text: 'Who won the match in 1966?' })))[0]).toMatch(/coach/);
  });

  it('remarks on no delivery where nothing was measured', async () => {
    const turn = aTurn({ measures: undefined, scores: undefined });
    expect((await reply(turn)).join(' ')).not.toMatch(/words a minute|easy to understand|noise|pause/);
  });

  it.each([
    ['noise', { signalToNoiseDb: 4 }, /noise/],
    ['clipping', { clippingRatio: 0.1 }, /too loud/],
    ['a long pause', { longestPauseMs: 2_300 }, /2\.3 seconds/],
    ['haste', { speechRateWpm: 220 }, /220 words a minute/],
    ['slowness', { speechRateWpm: 60 }, /60 words a minute/],
  ])('remarks on %s', async (_name, measures, remark) => {
    const turn = aTurn();
    const sentences = await reply({ ...turn, measures: { ...turn.measures!, ...measures } });
    expect(sentences.join(' ')).toMatch(remark);
  });

  it('never says a sentence twice in a session, whatever is said', async () => {
    const texts = Array.from({ length: 60 }, (_, index) => ['Yes.', 'I like the market.', ''][index % 3]!);
    const sentences = (await session(texts)).flat();
    expect(new Set(sentences).size).toBe(sentences.length);
    expect(
      sentences.filter((sentence) => /\?$|again|once more/.test(sentence)).length,
    ).toBeGreaterThanOrEqual(60);
  });

  it('asks about what was said before where nothing new is said', async () => {
    const [, second] = await session(['Yesterday I went to the market.', 'Yes.']);
    expect(second!.at(-1)).toMatch(/the market/);
  });

  it("leads through a scenario's goals in order, and leaves one after two turns", async () => {
    const scenario = seededScenario('bakery');
    const [order, amount, price] = scenario.goals;
    const turns = ['Good morning.', 'It is very cold.', 'I have two of them.', 'How much is it?'];
    const asked = (await session(turns, { scenario })).map((sentences) => sentences.join(' '));
    expect(asked[0]).toContain(scenario.opening);
    expect(amount!.questions.some((question) => asked[1]!.includes(question))).toBe(true);
    expect(price!.questions.some((question) => asked[2]!.includes(question))).toBe(true);
    expect(asked[3]).toMatch(/That was the last part of “Buying bread at a bakery”/);
    expect(order!.questions.some((question) => asked.slice(1).join(' ').includes(question))).toBe(false);
  });

  it("asks about the lesson's key points in order, then its objectives, each once", async () => {
    const lesson = lessonSchema.parse({
      title: 'Past tense',
      key_points: ['went is the past of go', 'saw is the past of see. Not seed!'],
      objectives: ['tell a short story'],
    });
    const asked = (await session(['I like it.', 'Yes.', 'Good.', 'Fine.'], { lesson })).map((one) =>
      one.at(-1),
    );
    expect(asked[0]).toContain('“went is the past of go”');
    expect(asked[1]).toContain('“saw is the past of see Not seed”');
    expect(asked[2]).toContain('“tell a short story”');
    expect(asked[3]).not.toMatch(/lesson/);
  });

  it('asks about what was recognised poorly, and does not correct it', async () => {
    const words = [{ text: 'Yesterday', startMs: 0, endMs: 100, confidence: 0.2 }];
    const sentences = await reply(aTurn({ words, text: 'Yesterday I go. To the market.' }));
    expect(sentences).toHaveLength(1);
    expect(sentences[0]).toMatch(/“Yesterday I go To the market”/);
    expect(sentences[0]).toMatch(/\?$/);
    expect(sentences[0]).not.toMatch(/went/);
  });

  it('does not correct in a mode that tells mistakes afterwards', async () => {
    const context = aContext({ mode: seededMode('assessment') });
    expect((await reply(aTurn(), { context })).join(' ')).not.toMatch(/“|pace/);
  });
});
