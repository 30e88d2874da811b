import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AsyncApiChannel } from '../support/asyncapi.js';
import { ListenClient } from '../support/listen-client.js';
import { OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { SpanCollector } from '../support/span-collector.js';
import { READ_SPEECH, speechPcm, wordsOf } from '../support/speech-samples.js';
import { startTurn } from '../support/turn-client.js';
import type { TurnView } from '../support/turn-view.js';
import { until } from '../support/until.js';

const PAUSE = Buffer.alloc(40_000);
const SERVICES = ['parlance-conversation', 'parlance-gateway', 'parlance-inference', 'parlance-tts'];

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('a turn, end to end', () => {
  let platform: Platform;
  let collector: SpanCollector;
  beforeAll(async () => {
    collector = await SpanCollector.start();
    platform = await Platform.start({
      gateways: 2,
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint },
    });
  });
  afterAll(async () => {
    await platform?.stop();
    await collector.stop();
  });

  async function audioAt(path: string): Promise<Buffer> {
    const answer = await platform.gateway.fetch(path);
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  }

  it('over HTTP: text, words, measures, scores, a reply and its sound', async () => {
    const { status, turn } = await startTurn(platform.gateway, READ_SPEECH.letter);
    expect(status).toBe(200);
    expect(turn).toMatchObject({ status: 'complete', sequence: 1 });
    expect(wordsOf(turn.text)).toContain('letter');
    expect(turn.words.length).toBeGreaterThan(10);
    expect(turn.measures.speechMs).toBeGreaterThan(3_000);
    expect(turn.scores.overall).toBeGreaterThan(0);
    expect(turn.reply?.model).toBe('builtin-coach');
    expect(turn.reply?.sentences.map(({ text }) => text).join(' ')).toBe(turn.reply?.text);
    const whole = await audioAt(turn.audio?.url ?? '');
    const sentences = await Promise.all(
      (turn.reply?.sentences ?? []).map((one) => audioAt(one.audio?.url ?? '')),
    );
    expect(whole.equals(Buffer.concat(sentences))).toBe(true);
    expect((await audioAt(turn.recording.url)).toString('latin1', 0, 4)).toBe('fLaC');
  });

  it('is refused at once where it asks for a voice nobody has', async () => {
    const { status } = await startTurn(platform.gateway, READ_SPEECH.letter, { voice: 'nobody' });
    expect(status).toBe(404);
    const refused = await ListenClient.refusal(platform.gateway.url, { converse: 'true', voice: 'nobody' });
    expect(refused).toMatchObject({ status: 404, error: { code: 'voice.not_found' } });
  });

  it('goes on in its session on another replica, in order, and nobody else sees it', async () => {
    const first = await startTurn(platform.gateways[0]!, READ_SPEECH.letter, { speak: 'false' });
    const second = await startTurn(platform.gateways[1]!, READ_SPEECH.gothic, {
      session: first.turn.session,
      speak: 'false',
    });
    expect(second.turn).toMatchObject({
      status: 'complete',
      session: first.turn.session,
      sequence: 2,
      audio: null,
    });
    const path = `/api/v1/voice/sessions/${first.turn.session}/turns`;
    const session = (await (await platform.gateway.fetch(path)).json()) as { turns: TurnView[] };
    expect(session.turns.map(({ id }) => id)).toEqual([first.turn.id, second.turn.id]);
    const stranger = await platform.gateway.fetch(path, {
      headers: { authorization: `Bearer ${OTHER_TENANTS_KEY}` },
    });
    await expect(stranger.json()).resolves.toMatchObject({ error: { code: 'session.not_found' } });
  });

  it('over the WebSocket: every utterance is answered on the same socket, sound included', async () => {
    const client = await ListenClient.open(platform.gateway.url, { converse: 'true', audio: 'true' });
    await client.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]), 4);
    const { turn, session } = await client.next('TurnTaken');
    client.control('CloseStream');
    expect((await client.closed).code).toBe(1000);
    expect(client.of('Metadata')[0]?.session).toBe(session);
    const replied = client.of('TurnReplied')[0];
    expect(replied).toMatchObject({ turn, model: 'builtin-coach' });
    expect(
      client
        .of('ReplySentence')
        .map(({ text }) => text)
        .join(' '),
    ).toBe(replied?.text);
    const spoken = client.of('SpeechReady');
    expect(spoken.length).toBe(replied?.sentences);
    expect(client.binaries.map((frame) => frame.length)).toEqual(spoken.map(({ bytes }) => bytes));
    const channel = await AsyncApiChannel.load(platform.gateway.url, 'listen');
    for (const event of client.events) channel.received(event.type, event);
    expect(channel.misfits).toEqual([]);
    const kept = (await (await platform.gateway.fetch(`/api/v1/turns/${turn}`)).json()) as TurnView;
    expect(wordsOf(kept.text)).toContain('letter');
    expect(kept.measures.audioMs).toBeLessThan(7_000);
  });

  it('a client that vanishes gets its answer when it comes back, on another replica, after what it has seen', async () => {
    const client = await ListenClient.open(platform.gateways[0]!.url, { converse: 'true' });
    await client.speak(speechPcm(READ_SPEECH.letter), 8);
    const session = client.of('Metadata')[0]?.session ?? '';
    client.socket.terminate();
    const back = await ListenClient.open(platform.gateways[1]!.url, {
      converse: 'true',
      session,
      after: '0',
    });
    const replied = await back.next('TurnReplied', 40_000);
    await until(() => back.of('SpeechReady').length >= replied.sentences, 30_000);
    const { report } = await back.next('Feedback');
    expect(report).toMatchObject({
      model: 'builtin-coach',
      uncertain: false,
      rubric: { fluency: expect.any(Number) },
    });
    const kept = await platform.gateway.fetch(`/api/v1/turns/${replied.turn}`);
    expect(((await kept.json()) as TurnView).feedback).toEqual(report);
    back.control('CloseStream');
    await back.closed;
    const seen = replied.sequence;
    const later = await ListenClient.open(platform.gateways[0]!.url, {
      converse: 'true',
      session,
      after: String(seen),
    });
    later.control('CloseStream');
    await later.closed;
    const turnEvents = later.events.flatMap((event) => ('sequence' in event ? [event.sequence] : []));
    expect(turnEvents.every((sequence) => sequence > seen)).toBe(true);
  });

  it('one trace id runs through the spans and the logs of all four services', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { turn, headers } = await startTurn(
      platform.gateway,
      READ_SPEECH.gothic,
      {},
      {
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      },
    );
    expect(headers.get('x-trace-id')).toBe(traceId);
    await until(() => collector.servicesOf(traceId).length === SERVICES.length, 15_000).catch(
      () => undefined,
    );
    expect(collector.servicesOf(traceId)).toEqual(SERVICES);
    const ofTurn = collector.spans.filter((span) => span.attributes['parlance.turn.id'] === turn.id);
    expect(new Set(ofTurn.map((span) => span.traceId))).toEqual(new Set([traceId]));
    // A line is on its way through a pipe when the span it belongs to has come.
    for (const name of ['gateway', 'inference', 'conversation', 'tts'] as const)
      await until(() => platform.logOf(name).some((line) => line.trace_id === traceId));
  });
});
