import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConversationRig } from '../support/conversation-rig.js';
import { runParlance } from '../support/run-parlance.js';
import { PLAIN_MARKS } from '../support/groq.js';
import { aSessionContext } from '../support/prompt-factory.js';
import type { ServiceProcess } from '../support/service-process.js';
import { anIdentity } from '../support/turn-factory.js';
import { until } from '../support/until.js';

/** A line of `parlance dlq ls --json`. */
interface DeadLetterLine {
  readonly sequence: number;
  readonly turn: string;
  readonly trace: string;
  readonly code: string;
}

const DRAIN_MS = 500;
/** To close connections, and for a busy machine. */
const LEAVE_MS = 4_000;

describe('the conversation service with a language model', () => {
  let rig: ConversationRig;
  let service: ServiceProcess;
  beforeAll(async () => {
    rig = await ConversationRig.start();
    service = await rig.startService(rig.withGroq);
  }, 60_000);
  afterAll(() => rig?.stop());

  it('remembers what was said before', async () => {
    rig.groq.usual = { reply: 'I like cats too. What is its name?' };
    const { session } = anIdentity();
    await rig.eventsUntil(
      await rig.transcribe({ identity: anIdentity({ session }), text: 'I have a cat.' }),
      'turn.replied',
    );
    rig.groq.requests.length = 0;
    const turn = await rig.transcribe({ identity: anIdentity({ session }), text: 'Her name is Minou.' });
    await rig.eventsUntil(turn, 'turn.replied');
    expect(rig.groq.requests[0]?.body.messages.slice(1)).toEqual([
      { role: 'user', content: 'I have a cat.' },
      { role: 'assistant', content: 'I like cats too. What is its name?' },
      { role: 'user', content: 'Her name is Minou.' },
    ]);
  }, 60_000);

  it('reports on a turn after its reply, and keeps the report and what it cost', async () => {
    rig.groq.usual = { reply: 'Fine.' };
    const turn = await rig.transcribe();
    const events = await rig.eventsUntil(turn, 'turn.feedback');
    expect(events.map(({ event }) => event.name).slice(-2)).toEqual(['turn.replied', 'turn.feedback']);
    const kept = await rig.turns.get(turn.identity);
    expect(events.at(-1)!.event.data).toEqual({ identity: turn.identity, report: kept.feedback });
    expect(kept.feedback).toMatchObject({
      model: 'openai-compatible:llama',
      rubric: { grammar: 81, fluency: 80 },
    });
    expect(kept.reply?.usage).toEqual({
      inputTokens: 100,
      outputTokens: 1,
      cost: (100 * 0.5 + 1 * 2) / 1e6,
    });
    expect(await service.metrics()).toMatch(
      /parlance_llm_tokens_total\{tenant="acme",model="llama",purpose="feedback",kind="output"\} [1-9]/,
    );
  }, 60_000);

  it('marks a turn by the model, the measures and the mode’s weights, and keeps the marks', async () => {
    const identity = anIdentity();
    await rig.sessions.create(identity.tenant, identity.session, { context: { mode: 'grammar' } });
    const turn = await rig.transcribe({ identity });
    const evaluation = await until(async () => (await rig.turns.get(identity)).evaluation, 20_000);
    expect(evaluation).toMatchObject({
      ...PLAIN_MARKS,
      fluency: { mark: 4 },
      weights: { fluency: 0.15, vocabulary: 0.2, grammar: 0.45, pronunciation: 0.2 },
      model: 'openai-compatible:llama',
    });
    const asked = JSON.parse(rig.groq.evaluations.requests.at(-1)!.body.messages[1]!.content) as {
      transcript: string;
      guidelines: string[];
    };
    expect(asked.transcript).toBe(turn.text);
    expect(asked.guidelines.length).toBeGreaterThan(2);
  }, 60_000);

  it('gives the model the context of the session', async () => {
    const identity = anIdentity();
    await rig.sessions.create(identity.tenant, identity.session);
    await rig.setContext(
      identity.session,
      aSessionContext({ mode: 'conversation', scenario: 'bakery', level: 'A1' }),
    );
    rig.groq.requests.length = 0;
    await rig.eventsUntil(await rig.transcribe({ identity }), 'turn.replied');
    const system = rig.groq.requests[0]!.body.messages[0]!.content;
    for (const part of ['Play your part', 'You play the baker', 'Ask for something to eat.', 'level is A1'])
      expect(system).toContain(part);
  }, 60_000);

  it('gives the model what was played of a reply that was interrupted', async () => {
    rig.groq.usual = { reply: 'I like cats. They sleep all day.' };
    const first = await rig.transcribe({ text: 'I have a cat.' });
    await rig.eventsUntil(first, 'turn.replied');
    await rig.turns.recordInterruption(first.identity, 'I like cats.');
    rig.groq.requests.length = 0;
    await rig.eventsUntil(await rig.transcribeAfter(first, 'Wait.'), 'turn.replied');
    const [system, , answered] = rig.groq.requests[0]!.body.messages;
    expect(answered?.content).toBe('I like cats.');
    expect(system?.content).toContain('The person interrupted your last reply');
  }, 60_000);

  it('keeps a summary of what is older than 20 messages, on top of the summary before', async () => {
    const { session } = anIdentity();
    rig.groq.usual = { reply: 'Fine.' };
    rig.groq.summaries.requests.length = 0;
    for (let turn = 1; turn <= 18; turn += 1) {
      const last = await rig.transcribe({
        identity: anIdentity({ session }),
        text: `This is story ${turn}.`,
      });
      await rig.eventsUntil(last, 'turn.feedback');
    }
    const summary = await until(async () => {
      const kept = (await rig.sessions.find('acme', session))?.summary;
      return kept && kept.through >= 8 ? kept : undefined;
    });
    expect(summary).toEqual({ text: 'They have a cat.', through: 8, model: 'openai-compatible:llama' });
    const asked = rig.groq.summaries.requests.map(
      ({ body }) => JSON.parse(body.messages[1]!.content) as { notes: string },
    );
    expect(asked.map(({ notes }) => notes)).toEqual(['', 'They have a cat.']);
    rig.groq.requests.length = 0;
    await rig.eventsUntil(await rig.transcribe({ identity: anIdentity({ session }) }), 'turn.replied');
    const { messages } = rig.groq.requests[0]!.body;
    expect(messages[1]!.content).toMatch(/earlier in this conversation:\nThey have a cat\.$/);
    expect(messages).toHaveLength(1 + 2 + 20 + 1);
  }, 60_000);

  it('says every sentence exactly once when it is killed in the middle of a reply', async () => {
    const reply = Array.from({ length: 6 }, (_, index) => `Sentence number ${index + 1} is here.`).join(' ');
    rig.groq.usual = { reply, pauseMs: 60 };
    const turn = await rig.transcribe();
    await until(async () => (await rig.turns.get(turn.identity)).draft.length >= 2);
    await service.end('SIGKILL');
    const before = await rig.turns.get(turn.identity);
    expect(before.state).toBe('transcribed');

    service = await rig.startService(rig.withGroq);
    const events = await rig.eventsUntil(turn, 'turn.replied');
    const indexes = events.flatMap(({ event }) =>
      event.name === 'reply.sentence' ? [event.data.index] : [],
    );
    const texts = events.flatMap(({ event }) => (event.name === 'reply.sentence' ? [event.data.text] : []));
    expect(indexes).toEqual([0, 1, 2, 3, 4, 5]);
    expect(texts.join(' ')).toBe(reply);
    expect(events.filter(({ event }) => event.name === 'turn.replied')).toHaveLength(1);
    expect((await rig.spokenWork(turn)).map(({ index }) => index)).toEqual(indexes);
    expect((await rig.turns.get(turn.identity)).reply?.text).toBe(reply);
    rig.groq.usual = { reply: 'Fine.' };
  }, 90_000);

  it('fails a turn after the third delivery, and answers it when its dead letter is published again', async () => {
    rig.groq.usual = { cutAfter: 'One whole sentence. And then no' };
    const turn = await rig.transcribe();
    const events = await rig.eventsUntil(turn, 'turn.failed');
    expect(events.filter(({ event }) => event.name === 'reply.sentence')).toHaveLength(1);
    expect(await rig.turns.get(turn.identity)).toMatchObject({
      state: 'failed',
      failure: { stage: 'conversation', error: { code: 'upstream.unavailable', retryable: true } },
    });
    rig.groq.usual = { reply: 'Fine.' };

    const letters = await until(async () => {
      const { output } = await runParlance(['dlq', 'ls', '--json'], { NATS_URL: rig.nats.url });
      const all = output
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as DeadLetterLine);
      return all.some((one) => one.turn === turn.identity.turn) ? all : undefined;
    });
    const letter = letters.find((one) => one.turn === turn.identity.turn)!;
    expect(letter).toMatchObject({ code: 'upstream.unavailable', deliveries: 3, tenant: 'acme' });
    const described = await runParlance(['dlq', 'show', String(letter.sequence)], { NATS_URL: rig.nats.url });
    expect(JSON.parse(described.output)).toMatchObject({
      trace: letter.trace,
      payload: { text: turn.text },
    });
    const requeued = await runParlance(['dlq', 'requeue', String(letter.sequence)], {
      NATS_URL: rig.nats.url,
    });
    expect(requeued).toMatchObject({ status: 0, output: expect.stringContaining(turn.identity.turn) });
    await rig.eventsUntil(turn, 'turn.replied');
    const answered = await rig.turns.get(turn.identity);
    expect(answered).toMatchObject({ state: 'replied', reply: { text: 'One whole sentence. Fine.' } });
    expect(answered.failure).toBeUndefined();
    const again = await runParlance(['dlq', 'requeue', String(letter.sequence)], { NATS_URL: rig.nats.url });
    expect(again).toMatchObject({ status: 1, errors: expect.stringContaining('request.not_found') });
  }, 90_000);

  it('leaves with 0 at SIGTERM, after the reply in the making, and with 2 for a wrong configuration', async () => {
    rig.groq.usual = { reply: 'One is here. Two is here. Three is here.', pauseMs: 80 };
    const turn = await rig.transcribe();
    await until(async () => (await rig.turns.get(turn.identity)).draft.length === 1);
    expect(await service.end('SIGTERM')).toBe(0);
    expect((await rig.turns.get(turn.identity)).state).toBe('replied');
    rig.groq.usual = { reply: 'Fine.' };
    await expect(rig.startService({ NATS_URL: 'http://wrong', PARLANCE_OPS_PORT: 'x' })).rejects.toThrow(
      /ended with 2[^]*PARLANCE_OPS_PORT[^]*NATS_URL/,
    );
  }, 60_000);

  it('leaves with 0 at its limit while a reply is in the making, which the next one gives', async () => {
    const leaving = await rig.startService({ ...rig.withGroq, PARLANCE_DRAIN_MS: String(DRAIN_MS) });
    rig.groq.usual = { stallAfter: 'One is here. And then' };
    const turn = await rig.transcribe();
    await until(async () => (await rig.turns.get(turn.identity)).draft.length === 1);
    const begun = Date.now();
    expect(await leaving.end('SIGTERM')).toBe(0);
    expect(Date.now() - begun).toBeLessThan(DRAIN_MS + LEAVE_MS);
    expect((await rig.turns.get(turn.identity)).state).toBe('transcribed');
    rig.groq.usual = { reply: 'Two is here.' };
    await rig.startService(rig.withGroq);
    await rig.eventsUntil(turn, 'turn.replied');
    expect((await rig.turns.get(turn.identity)).reply?.text).toBe('One is here. Two is here.');
  }, 60_000);
});
