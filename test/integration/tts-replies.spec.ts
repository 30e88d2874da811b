import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { SpeechReady, TurnTranscribed } from '@parlance/contracts';
import { activeTraceId, startTelemetry, withSpan, type Telemetry } from '@parlance/telemetry';
import { probeAudio } from '../support/audio-probe.js';
import { PollyServer } from '../support/polly.js';
import { TtsPlatform, type TtsProcess } from '../support/tts-platform.js';
import { anIdentity, aSentence, aTurn } from '../support/turn-factory.js';
import { until } from '../support/until.js';

describe('the voice of replies', () => {
  let telemetry: Telemetry;
  let platform: TtsPlatform;
  let tts: TtsProcess;

  beforeAll(async () => {
    telemetry = startTelemetry({ service: 'test' });
    platform = await TtsPlatform.start();
    tts = await platform.startService();
  }, 60_000);

  afterAll(async () => {
    await tts?.end('SIGTERM');
    await platform.stop();
    await telemetry.shutdown();
  });

  /** As conversation leaves it: a turn in the store, then a sentence in the queue. */
  async function reply(text: string, overrides: Partial<TurnTranscribed> = {}): Promise<TurnTranscribed> {
    const turn = aTurn({ identity: anIdentity(), ...overrides });
    await platform.turns.createTranscribed(turn);
    const sentence = aSentence({ identity: turn.identity, text, voice: turn.voice });
    await platform.bus.publishWork('replySentence', sentence);
    return turn;
  }

  it('speaks the sentences of a reply, records them and tells the client', async () => {
    const turn = await reply('What did you buy there?');
    const traced = await platform.nextEvent(turn);
    expect(traced.event).toMatchObject({
      name: 'speech.ready',
      data: { identity: turn.identity, index: 0, engine: 'local:espeak-ng', voice: 'en-us' },
    });
    const data = traced.event.name === 'speech.ready' ? traced.event.data : undefined;
    const object = await platform.objects.get(data!.audio.key);
    expect(object?.reference).toEqual(data!.audio);
    const { codec, seconds } = probeAudio(await buffer(object!.content));
    expect(codec).toBe('mp3');
    expect(Math.abs(seconds * 1_000 - data!.durationMs)).toBeLessThan(120);
    const { identity: _identity, ...speech } = data!;
    expect((await platform.turns.get(turn.identity)).speech).toEqual([speech]);
  });

  it('carries the trace of the reply into its log and its event', async () => {
    const turn = aTurn({ identity: anIdentity() });
    await platform.turns.createTranscribed(turn);
    const traceId = await withSpan('conversation', {}, async () => {
      await platform.bus.publishWork('replySentence', aSentence({ identity: turn.identity }));
      return activeTraceId();
    });
    const { headers } = await platform.nextEvent(turn);
    expect(headers.traceparent?.split('-')[1]).toBe(traceId);
    await until(() =>
      tts.service.log.some((line) => line.trace_id === traceId && line.turn === turn.identity.turn),
    );
  });

  it('fails the turn of an unknown voice at once, with an event and a dead letter', async () => {
    const turn = await reply('Hello.', { voice: 'nobody' });
    expect((await platform.nextEvent(turn)).event).toMatchObject({
      name: 'turn.failed',
      data: { stage: 'tts', error: { code: 'voice.not_found', retryable: false } },
    });
    const query = { last_by_subj: 'parlance.dead.parlance.reply.sentence' };
    const dead = await until(() =>
      platform.connection.manager.streams.getMessage('PARLANCE_DEAD_LETTERS', query).catch(() => undefined),
    );
    expect(dead.header.get('parlance-error-code')).toBe('voice.not_found');
    expect((await platform.turns.get(turn.identity)).failure).toMatchObject({ stage: 'tts' });
  });

  it('completes a reply exactly once when it is killed in the middle of it', async () => {
    const turn = aTurn({ identity: anIdentity() });
    await platform.turns.createTranscribed(turn);
    const sentences = Array.from({ length: 6 }, (_, index) =>
      `This is sentence number ${index}. `.repeat(20),
    );
    for (const [index, text] of sentences.entries())
      await platform.bus.publishWork('replySentence', aSentence({ identity: turn.identity, index, text }));
    await until(async () => (await platform.turns.get(turn.identity)).speech.length >= 1);
    await tts.end('SIGKILL');
    tts = await platform.startService();
    const seen: number[] = [];
    for await (const { event } of await platform.bus.watchSession(turn.identity.session)) {
      if (event.name === 'speech.ready') seen.push(event.data.index);
      if (seen.length === sentences.length) break;
    }
    expect(seen.sort()).toEqual([0, 1, 2, 3, 4, 5]);
    const recorded = (await platform.turns.get(turn.identity)).speech.map(({ index }) => index);
    expect(recorded.sort()).toEqual([0, 1, 2, 3, 4, 5]);
  }, 60_000);

  it('tells of the sentences of a reply in order, though the first one is spoken last, and of another turn meanwhile', async () => {
    const [slow, quick] = [aTurn({ identity: anIdentity() }), aTurn({ identity: anIdentity() })];
    await Promise.all([slow, quick].map((turn) => platform.turns.createTranscribed(turn)));
    const say = (turn: TurnTranscribed, index: number, text: string) =>
      platform.bus.publishWork('replySentence', aSentence({ identity: turn.identity, index, text }));
    const told = speechOf(slow, 3);
    await say(slow, 1, 'Second.');
    await say(slow, 2, 'Third.');
    await until(async () => (await platform.turns.get(slow.identity)).speech.length === 2);
    await say(quick, 0, 'I am quick.');
    await platform.nextEvent(quick);
    const quickAt = Date.now();
    await say(slow, 0, 'First.');
    expect((await told).map(({ index }) => index)).toEqual([0, 1, 2]);
    expect((await told)[0]!.at).toBeGreaterThanOrEqual(quickAt);
  }, 60_000);

  it('has the times of its words, and is as slow as the session wants it', async () => {
    const turn = aTurn({ identity: anIdentity() });
    await platform.turns.createTranscribed(turn);
    const text = 'Nice to meet you, my friend.';
    for (const [index, speed] of [1, 0.5].entries())
      await platform.bus.publishWork(
        'replySentence',
        aSentence({ identity: turn.identity, index, text, speed }),
      );
    const [usual, slow] = await speechOf(turn, 2);
    expect(usual!.words.map((word) => word.text)).toEqual(['Nice', 'to', 'meet', 'you', 'my', 'friend']);
    for (const { words, durationMs } of [usual!, slow!]) {
      const times = words.flatMap(({ startMs, endMs }) => [startMs, endMs]);
      expect(times).toEqual([...times].sort((one, other) => one - other));
      expect(times.at(-1)).toBeLessThanOrEqual(durationMs);
    }
    expect(slow!.durationMs / usual!.durationMs).toBeCloseTo(2, 0);
    expect(slow!.words[5]!.startMs / usual!.words[5]!.startMs).toBeCloseTo(2, 0);
    expect((await platform.turns.get(turn.identity)).speech[0]!.words).toHaveLength(6);
  });

  describe('where no engine can speak', () => {
    let polly: PollyServer;
    let mute: TtsProcess;
    let other: TtsPlatform;
    beforeAll(async () => {
      [polly, other] = await Promise.all([PollyServer.start(), TtsPlatform.start()]);
      mute = await other.startService({
        PARLANCE_TTS_ENGINE: 'polly',
        AWS_ACCESS_KEY_ID: PollyServer.accessKeyId,
        AWS_SECRET_ACCESS_KEY: PollyServer.secretAccessKey,
        PARLANCE_POLLY_ENDPOINT: polly.endpoint,
      });
      polly.usual = { status: 503 };
    }, 60_000);
    afterAll(async () => {
      await mute?.end('SIGTERM');
      await Promise.all([polly.stop(), other.stop()]);
    });

    it('leaves the sentence as text, in its order, and goes on with the next one', async () => {
      const turn = aTurn({ identity: anIdentity() });
      await other.turns.createTranscribed(turn);
      polly.next.push({ status: 400 });
      await other.bus.publishWork('replySentence', aSentence({ identity: turn.identity, text: 'First.' }));
      expect((await other.nextEvent(turn)).event).toMatchObject({
        name: 'speech.failed',
        data: {
          index: 0,
          error: { code: 'upstream.unavailable', retryable: true },
          degraded: { stage: 'speech', from: 'polly', to: 'text', reason: 'upstream.unavailable' },
        },
      });
      polly.usual = 'speak';
      await other.bus.publishWork(
        'replySentence',
        aSentence({ identity: turn.identity, index: 1, text: 'Second.' }),
      );
      const names: string[] = [];
      for await (const { event } of await other.bus.watchSession(turn.identity.session)) {
        names.push(event.name);
        if (names.length === 2) break;
      }
      expect(names).toEqual(['speech.failed', 'speech.ready']);
      const { failure, unspoken, speech } = await other.turns.get(turn.identity);
      expect([failure, unspoken.length, speech.length]).toEqual([undefined, 1, 1]);
      const line = 'parlance_fallbacks_total{stage="speech",from="polly",to="text"}';
      expect(await mute.metric(line)).toBe(1);
    });
  });

  it('makes a pause of a sentence without words, and speaks one with a picture in it', async () => {
    const turn = aTurn({ identity: anIdentity() });
    await platform.turns.createTranscribed(turn);
    for (const [index, text] of ['Well done 👍 friend.', '🎉🎉', '…'].entries())
      await platform.bus.publishWork('replySentence', aSentence({ identity: turn.identity, index, text }));
    const told = await speechOf(turn, 3);
    expect(told[0]!.durationMs).toBeGreaterThan(700);
    expect(told[1]!.durationMs).toBeLessThan(500);
    expect(told[2]!.durationMs).toBeLessThan(500);
  });

  it.each([
    ['es', '', 'es'],
    ['es', 'en-gb', 'en-gb'],
    ['', '', 'en-us'],
  ])('speaks a reply in "%s" with the voice "%s" asked for by %s', async (language, voice, spoken) => {
    const turn = aTurn({ identity: anIdentity() });
    await platform.turns.createTranscribed(turn);
    const sentence = aSentence({ identity: turn.identity, text: 'Radio 24.', language, voice });
    await platform.bus.publishWork('replySentence', sentence);
    expect((await speechOf(turn, 1))[0]!.voice).toBe(spoken);
  });

  async function speechOf(turn: TurnTranscribed, count: number) {
    const told: (SpeechReady & { at: number })[] = [];
    for await (const { event } of await platform.bus.watchSession(turn.identity.session)) {
      if (event.name === 'speech.ready') told.push({ ...event.data, at: Date.now() });
      if (told.length === count) break;
    }
    return told;
  }
});
