/** The trace of a turn: every hop, whatever API it came by, and what a collector that does not answer costs it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ConverseClient } from '../support/converse-client.js';
import { GroqServer } from '../support/groq.js';
import { ListenClient } from '../support/listen-client.js';
import { Platform } from '../support/platform.js';
import { runParlance } from '../support/run-parlance.js';
import { SpanCollector, type CollectedSpan } from '../support/span-collector.js';
import { READ_SPEECH, speechPcm } from '../support/speech-samples.js';
import { startTurn } from '../support/turn-client.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

/** Spans that every spoken turn has, as SERVICE NAME. */
const HOPS = [
  /^gateway turn\.take$/,
  /^gateway publish parlance\.turn\.transcribed$/,
  /^conversation process parlance\.turn\.transcribed$/,
  /^conversation chat large$/,
  /^conversation publish parlance\.event\.reply\.sentence$/,
  /^conversation publish parlance\.reply\.sentence$/,
  /^conversation publish parlance\.event\.turn\.replied$/,
  /^tts process parlance\.reply\.sentence$/,
  /^tts publish parlance\.event\.speech\.ready$/,
];
const BY_HTTP = [/^gateway POST \/api\/v1\/turns$/, /^gateway recognition$/, /^inference speech\.stream$/];
const LIVE = [/^inference speech\.stream$/, /^inference speech\.utterance$/];
const DELIVERED = [/^gateway deliver turn\.replied$/, /^gateway deliver speech\.ready$/];
const PAUSE = Buffer.alloc(40_000);

// Machines that test are often busy.
jest.setTimeout(120_000);

const nameOf = ({ service, name }: CollectedSpan): string => `${service.replace('parlance-', '')} ${name}`;

describe('the trace of a turn', () => {
  let collector: SpanCollector;
  let groq: GroqServer;
  let platform: Platform;
  beforeAll(async () => {
    [collector, groq] = await Promise.all([SpanCollector.start(), GroqServer.start()]);
    platform = await Platform.start({
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        PARLANCE_LLM_BASE_URL: `${groq.url}/v1`,
        PARLANCE_LLM_MODEL: 'large',
      },
    });
  });
  afterAll(async () => {
    await platform?.stop();
    await Promise.all([collector.stop(), groq.stop()]);
  });

  /** The spans of the one trace that the turn is in, once it has all these hops. */
  async function traceOf(turn: string, hops: readonly RegExp[]): Promise<readonly CollectedSpan[]> {
    const ofTurn = (): CollectedSpan[] =>
      collector.spans.filter(({ attributes }) => attributes['parlance.turn.id'] === turn);
    const inTrace = (): CollectedSpan[] =>
      collector.spans.filter(({ traceId }) => traceId === ofTurn()[0]?.traceId);
    const missing = (): string[] =>
      hops.filter((hop) => !inTrace().some((span) => hop.test(nameOf(span)))).map(String);
    await until(() => missing().length === 0, 30_000).catch(() => undefined);
    expect([missing(), missing().length > 0 ? inTrace().map(nameOf) : []]).toEqual([[], []]);
    expect(new Set(ofTurn().map(({ traceId }) => traceId)).size).toBe(1);
    return inTrace();
  }

  /** Each span hangs under another one of the trace, but the first. */
  async function expectWhole([span]: readonly CollectedSpan[], first: string): Promise<void> {
    const roots = (): string[] => {
      const spans = collector.spans.filter(({ traceId }) => traceId === span?.traceId);
      const ids = new Set(spans.map(({ id }) => id));
      return spans.filter(({ parent }) => !parent || !ids.has(parent)).map(({ name }) => name);
    };
    // The span of a call that lasts comes behind all others.
    await until(() => roots().length === 1, 20_000).catch(() => undefined);
    expect(roots()).toEqual([first]);
  }

  it('over HTTP goes on from the client’s own and has every hop, with no word of what was said', async () => {
    const traceId = 'aaaa2f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const { turn } = await startTurn(platform.gateway, READ_SPEECH.letter, {}, headers);
    const spans = await traceOf(turn.id, [...HOPS, ...BY_HTTP]);
    expect(spans[0]?.traceId).toBe(traceId);
    await expectWhole(spans, 'POST /api/v1/turns');
    const chat = spans.find(({ name }) => name === 'chat large');
    expect(chat?.attributes).toMatchObject({
      'gen_ai.request.model': 'large',
      'gen_ai.provider.name': 'openai',
      'parlance.turn.id': turn.id,
    });
    const stages = spans.flatMap(({ events }) => events).find(({ name }) => name === 'inference.stages');
    expect(Object.keys(stages?.attributes ?? {})).toEqual(
      expect.arrayContaining([
        'parlance.stage.queue_ms',
        'parlance.stage.encode_ms',
        'parlance.stage.decode_ms',
      ]),
    );
    const told = JSON.stringify(spans);
    for (const secret of ['importance', 'That sounds lovely', 'pk_test']) expect(told).not.toContain(secret);
  });

  it('over a WebSocket has the recognition before it and the delivery behind it', async () => {
    const client = await ListenClient.open(platform.gateway.url, { converse: 'true' });
    await client.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]), 4);
    const { turn } = await client.next('TurnTaken');
    client.control('CloseStream');
    await client.closed;
    const spans = await traceOf(turn, [...HOPS, ...LIVE, ...DELIVERED]);
    await expectWhole(spans, 'listen');
    const utteranceOf = (name: string): string | undefined =>
      spans.find((span) => span.name === name)?.attributes['parlance.utterance.id'];
    expect(utteranceOf('turn.take')).toBeDefined();
    expect(utteranceOf('speech.utterance')).toBe(utteranceOf('turn.take'));
  });

  it('over gRPC has the same, from the call to the last sentence’s delivery', async () => {
    const api = new ConverseClient(platform.gateway.grpcAddress);
    const stream = api.open().configure({});
    await stream.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]), 4);
    const { turnId } = await stream.next('taken');
    await stream.end();
    api.close();
    await expectWhole(await traceOf(turnId, [...HOPS, ...LIVE, ...DELIVERED]), 'Conversation/Converse');
  });

  it('over Socket.IO has what a text goes through', async () => {
    const client = await VoiceClient.connectAs('ada', platform.gateway.url);
    await client.join({ settings: { language: 'en', autoSpeak: true } });
    await client.ask('voice:text-message', { text: 'I have two brothers.' });
    const { messageId } = await until(() => client.parts('reply')[0], 60_000);
    await until(() => client.parts('speech')[0], 60_000);
    await expectWhole(await traceOf(messageId, [...HOPS, ...DELIVERED]), 'voice:text-message');
    client.close();
  });

  it('stands beside `parlance top`, which says how busy each pod is', async () => {
    const pods = [platform.service('inference').opsUrl, platform.gateway.process.opsUrl];
    const { status, output } = await runParlance(['top', '--once', '--pods', pods.join(',')], {});
    expect(status).toBe(0);
    const [head, inference, gateway] = output.trimEnd().split('\n');
    expect(head).toMatch(/^POD +STREAMS +CAPACITY +FILES +WAIT +FACTOR +MEMORY$/);
    expect(inference).toMatch(/^http\S+ +0 +\d+ +0 +[\d.]+ ms +[\d.]+ +\d+ MiB$/);
    expect(gateway).toMatch(/^http\S+ +- +- +- +- +- +\d+ MiB$/);
  });
});

describe('a turn beside a collector that accepts spans and never answers', () => {
  let silent: Server;
  let platform: Platform;
  beforeAll(async () => {
    silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    platform = await Platform.start({
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` },
    });
  });
  afterAll(async () => {
    await platform?.stop();
    silent.closeAllConnections();
    silent.close();
  });

  it('is answered as ever, and the spans that are lost are counted', async () => {
    const { turn } = await startTurn(platform.gateway, READ_SPEECH.letter);
    expect(turn).toMatchObject({ status: 'complete' });
    await until(
      async () => (await platform.gateway.metric('parlance_spans_dropped_total{reason="export_failed"}')) > 0,
      30_000,
    );
    expect(await platform.gateway.metric('parlance_spans_dropped_total{reason="queue_full"}')).toBe(0);
    const next = await startTurn(platform.gateway, READ_SPEECH.gothic);
    expect(next.turn).toMatchObject({ status: 'complete' });
  });
});
