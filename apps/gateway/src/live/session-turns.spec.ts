import { expect, it } from '@jest/globals';
import type { AssessmentJson, TurnEvent, TurnIdentity } from '@parlance/contracts';
import { metricsRegistry } from '@parlance/telemetry';
import { aResult } from '../../../../test/support/recognition-factory.js';
import { SessionTurns, type SessionTurnEvent, type TurnServices } from './session-turns.js';

const degraded = { stage: 'speech', from: 'polly', to: 'text', reason: 'upstream.unavailable' } as const;
const anUtterance = () => ({ result: aResult(), pcm: Buffer.alloc(16), degraded: [] });
const error = { code: 'upstream.unavailable', message: 'Not just now.', retryable: true };

/** A session whose bus gives the events that the test pushes. */
async function session() {
  const arrived: { event: TurnEvent; sequence: number }[] = [];
  let news = Promise.withResolvers<void>();
  let ended = false;
  const watch = {
    async *[Symbol.asyncIterator]() {
      for (let next = 0; !ended;) {
        while (next < arrived.length) yield arrived[next++]!;
        await news.promise;
        news = Promise.withResolvers();
      }
    },
    close: () => {
      ended = true;
      news.resolve();
      return Promise.resolve();
    },
  };
  const started = Promise.withResolvers<TurnIdentity>();
  const recorded = Promise.withResolvers<void>();
  const assessed: string[] = [];
  const services = {
    turns: {
      startFromUtterance: async ({ identity }: { identity: TurnIdentity }) => {
        started.resolve(identity);
        return { recorded: recorded.promise };
      },
      recordAssessment: async (identity: TurnIdentity) => void assessed.push(identity.turn),
    },
    bus: { watchSession: () => Promise.resolve(watch) },
    objects: {},
  };
  const turns = await SessionTurns.open(services as unknown as TurnServices, {
    tenant: 'acme',
    session: '01HZZZZZZZZZZZZZZZZZZZZZZZ',
    after: undefined,
    usedBy: { tenant: 'acme' },
  });
  const push = (event: TurnEvent): void => {
    arrived.push({ event, sequence: arrived.length + 1 });
    news.resolve();
  };
  return { turns, push, started: started.promise, recorded, assessed };
}

it('a turn of a live session whose sentences stay text is answered, and its reader is told so', async () => {
  const { turns, push, started, recorded } = await session();
  const told: SessionTurnEvent[] = [];
  const reading = (async () => {
    for await (const event of turns) told.push(event);
  })();
  turns.push(anUtterance(), { speak: true, voice: '' });
  const identity = await started;
  const answered = turns.answered(60_000, new AbortController().signal);
  const replied = { text: 'Hi. You?', sentences: 2, speak: true, model: 'coach', corrections: [] };
  push({ name: 'speech.failed', data: { identity, index: 0, error, degraded } });
  push({ name: 'turn.replied', data: { identity, ...replied } });
  push({ name: 'speech.failed', data: { identity, index: 1, error, degraded } });
  await answered;
  const names = told.map((one) => (one.kind === 'event' ? one.arrived.event.name : one.kind));
  expect(names).toEqual(['taken', 'speech.failed', 'turn.replied', 'speech.failed']);
  recorded.resolve();
  await turns.close();
  await reading;
});

it('a session is closed when what was said in its turns is recorded, and not before', async () => {
  const { turns, started, recorded } = await session();
  turns.push(anUtterance(), {});
  await started;
  let isClosed = false;
  const closing = turns.close().then(() => (isClosed = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(false);
  recorded.resolve();
  await closing;
});

it('the first audio of a reply is timed once, from when its turn was opened', async () => {
  const { turns, push, started, recorded } = await session();
  const reading = (async () => {
    for await (const _ of turns);
  })();
  turns.push(anUtterance(), { speak: true, voice: '' });
  const identity = await started;
  const before = await firstAudios();
  const audio = { key: 'a', contentType: 'audio/mpeg', bytes: 1 };
  const speech = { audio, durationMs: 500, engine: 'piper', voice: 'joe', words: [] };
  for (const index of [0, 1]) push({ name: 'speech.ready', data: { identity, index, ...speech } });
  push({ name: 'turn.failed', data: { identity, stage: 'conversation', error } });
  await turns.answered(60_000, new AbortController().signal);
  expect((await firstAudios()) - before).toBe(1);
  recorded.resolve();
  await turns.close();
  await reading;
});

async function firstAudios(): Promise<number> {
  const text = await metricsRegistry.metrics();
  return Number(/^parlance_turn_first_audio_seconds_count (\d+)$/m.exec(text)?.[1] ?? 0);
}

it('the assessment of an utterance is stored with its turn, then told; that of an utterance that is no turn is not', async () => {
  const { turns, started, recorded, assessed } = await session();
  const told: SessionTurnEvent[] = [];
  const reading = (async () => {
    for await (const event of turns) told.push(event);
  })();
  const utterance = anUtterance();
  const assessment = { mode: 'free' } as AssessmentJson;
  turns.push(utterance, { speak: false, voice: '' });
  turns.assess('another', assessment);
  turns.assess(utterance.result.utteranceId, assessment);
  turns.assess(utterance.result.utteranceId, assessment);
  const { turn } = await started;
  await turns.flush();
  expect(assessed).toEqual([turn]);
  recorded.resolve();
  await turns.close();
  await reading;
  expect(told.map(({ kind }) => kind)).toEqual(['taken', 'assessed']);
  expect(told[1]).toMatchObject({ utteranceId: utterance.result.utteranceId, assessment });
});
