import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { activeTraceId, startTelemetry, withSpan, type Telemetry } from '@parlance/telemetry';
import { ConversationRig } from '../support/conversation-rig.js';
import type { ServiceProcess } from '../support/service-process.js';
import { anIdentity, aTurn } from '../support/turn-factory.js';
import { until } from '../support/until.js';

describe('the conversation service with the built-in coach', () => {
  let rig: ConversationRig;
  let service: ServiceProcess;
  let telemetry: Telemetry;
  beforeAll(async () => {
    telemetry = startTelemetry({ service: 'test' });
    rig = await ConversationRig.start();
    service = await rig.startService({ PARLANCE_LOG_LEVEL: 'debug' });
  }, 60_000);
  afterAll(async () => {
    await rig?.stop();
    await telemetry.shutdown();
  });

  it('answers a turn without any model, keeps the reply and tells the client and the voice', async () => {
    const turn = await rig.transcribe({
      text: 'He have a small garden and he love the roses.',
      speed: 0.8,
    });
    const events = await rig.eventsUntil(turn, 'turn.replied');
    const sentences = events.flatMap(({ event }) =>
      event.name === 'reply.sentence' ? [event.data.text] : [],
    );
    const replied = events.at(-1)!.event;
    expect(sentences.length).toBeGreaterThanOrEqual(3);
    expect(replied.data).toMatchObject({
      text: sentences.join(' '),
      sentences: sentences.length,
      model: 'builtin-coach',
      speak: true,
    });
    const corrections = replied.name === 'turn.replied' ? replied.data.corrections : [];
    expect(corrections[0]).toMatchObject({ start: 3, end: 7, suggestions: ['has'] });
    expect(await rig.spokenWork(turn)).toEqual(
      sentences.map((text, index) => ({
        identity: turn.identity,
        index,
        text,
        speak: true,
        voice: '',
        speed: 0.8,
        // The coach writes English, whatever it was told in.
        language: 'en',
      })),
    );
    const kept = await rig.turns.get(turn.identity);
    expect(kept).toMatchObject({
      state: 'replied',
      reply: { model: 'builtin-coach', text: sentences.join(' ') },
    });
  }, 60_000);

  it('asks nobody to speak when the turn is to be read only', async () => {
    const turn = await rig.transcribe({ speak: false });
    await rig.eventsUntil(turn, 'turn.replied');
    expect(await rig.spokenWork(turn)).toEqual([]);
  }, 60_000);

  it('carries the trace and the identity of the call into its log, its events and its work', async () => {
    const turn = await rig.prepare();
    const traceId = await withSpan('request', {}, async () => {
      await rig.bus.publishWork('turnTranscribed', turn);
      return activeTraceId();
    });
    const events = await rig.eventsUntil(turn, 'turn.replied');
    expect(events.map(({ headers }) => headers.traceparent?.split('-')[1])).toEqual(
      events.map(() => traceId),
    );
    await until(() =>
      service.log.some(
        (line) => line.trace_id === traceId && line.turn === turn.identity.turn && line.tenant === 'acme',
      ),
    );
    const metrics = await service.metrics();
    expect(metrics).toContain('parlance_turn_latency_seconds_count{stage="conversation"}');
  }, 60_000);

  it('answers the turns of a session in their order, whichever came first', async () => {
    const { session } = anIdentity();
    // Not so old that it would be published by itself.
    const occurredAt = new Date(Date.now() + 60_000).toISOString();
    const [first, second, third] = [
      await rig.prepare({ identity: anIdentity({ session }), text: 'This is the first story.', occurredAt }),
      await rig.prepare({ identity: anIdentity({ session }), text: 'This is the second story.' }),
      await rig.prepare({ identity: anIdentity({ session }), text: 'This is the third story.' }),
    ];
    for (const turn of [third, second]) await rig.bus.publishWork('turnTranscribed', turn);
    // Another session is not held up by this one.
    await rig.eventsUntil(await rig.transcribe(), 'turn.replied');
    expect((await rig.turns.get(second.identity)).state).toBe('transcribed');
    await rig.bus.publishWork('turnTranscribed', first);
    const events = await rig.eventsUntil(third, 'turn.replied');
    const order = events
      .filter(({ event }) => event.name === 'turn.replied')
      .map(({ event }) => event.data.identity.turn);
    expect(order).toEqual([first, second, third].map(({ identity }) => identity.turn));
  }, 60_000);

  it('answers a turn that its gateway stored and could not publish, once, and those behind it', async () => {
    const { session } = anIdentity();
    const orphan = await rig.prepare({ identity: anIdentity({ session }), text: 'This is the first story.' });
    const next = await rig.transcribe({
      identity: anIdentity({ session }),
      text: 'This is the second story.',
    });
    const events = await rig.eventsUntil(next, 'turn.replied');
    const replied = events.filter(({ event }) => event.name === 'turn.replied');
    expect(replied.map(({ event }) => event.data.identity.turn)).toEqual(
      [orphan, next].map(({ identity }) => identity.turn),
    );
  }, 60_000);

  it('ends a turn nobody keeps with an event and a dead letter', async () => {
    const turn = aTurn();
    await rig.bus.publishWork('turnTranscribed', turn);
    const events = await rig.eventsUntil(turn, 'turn.failed');
    expect(events.at(-1)?.event.data).toEqual({
      identity: turn.identity,
      stage: 'conversation',
      error: { code: 'turn.not_found', message: 'There is no such turn.', retryable: false },
    });
    const query = { last_by_subj: 'parlance.dead.parlance.turn.transcribed' };
    const dead = await until(() =>
      rig.connection.manager.streams.getMessage('PARLANCE_DEAD_LETTERS', query).catch(() => undefined),
    );
    expect(dead.header.get('parlance-turn')).toBe(turn.identity.turn);
  }, 60_000);
});
