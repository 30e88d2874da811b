/** The trace of a turn: every hop, whatever API it came by, and what a collector that does not answer costs it. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ConverseClient } from '../support/converse-client.js';
import { GroqServer } from '../support/groq.js';
import { ListenClient } from '../support/listen-client.js';
import { OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { runParlance } from '../support/run-parlance.js';
import { SpanCollector, type CollectedSpan } from '../support/span-collector.js';
import { READ_SPEECH, speechPcm } from '../support/speech-samples.js';
import { startTurn } from '../support/turn-client.js';
import { BY_HTTP, DELIVERED, hopOf, LIVE, missingHops, REPLIED, spansOfTurn } from '../support/turn-hops.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

const PAUSE = Buffer.alloc(40_000);

// Machines that test are often busy.
jest.setTimeout(120_000);

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
        PARLANCE_TRACE_WORDS_OF: 'globex',
      },
    });
  });
  afterAll(async () => {
    await platform?.stop();
    await Promise.all([collector.stop(), groq.stop()]);
  });

  /** The spans of the one trace that the turn is in, once it has all these hops. */
  async function traceOf(turn: string, hops: readonly RegExp[]): Promise<readonly CollectedSpan[]> {
    const missing = (): readonly string[] => missingHops(collector, turn, hops);
    await until(() => missing().length === 0, 30_000).catch(() => undefined);
    const inTrace = spansOfTurn(collector, turn);
    expect([missing(), missing().length > 0 ? inTrace.map(hopOf) : []]).toEqual([[], []]);
    const ofTurn = collector.spans.filter(({ attributes }) => attributes['parlance.turn.id'] === turn);
    expect(new Set(ofTurn.map(({ traceId }) => traceId)).size).toBe(1);
    return inTrace;
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

  /** A link leads from the turn to the trace of its stream, where the utterance was recognised. */
  async function expectRecognised(spans: readonly CollectedSpan[], stream: string): Promise<void> {
    const start = spans.find(({ name }) => name === 'turn.start');
    expect(start?.links).toHaveLength(1);
    const inSession = (): CollectedSpan[] =>
      collector.spans.filter(({ traceId }) => traceId === start?.links[0]?.traceId);
    await until(() => inSession().some(({ name }) => name === stream), 20_000);
    expect(start?.links[0]?.traceId).not.toBe(start?.traceId);
    const names = inSession().map(hopOf);
    for (const hop of LIVE) expect(names).toEqual(expect.arrayContaining([expect.stringMatching(hop)]));
    const utterance = inSession().find(({ name }) => name === 'speech.utterance');
    expect(utterance?.attributes['parlance.utterance.id']).toBe(start?.attributes['parlance.utterance.id']);
  }

  it('over HTTP goes on from the client’s own and has every hop, with no word of what was said', async () => {
    const traceId = 'aaaa2f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    const { turn } = await startTurn(platform.gateway, READ_SPEECH.letter, {}, headers);
    const spans = await traceOf(turn.id, [...REPLIED, ...BY_HTTP]);
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

  it('has what was said and replied for a tenant that has switched that on', async () => {
    const headers = { authorization: `Bearer ${OTHER_TENANTS_KEY}` };
    const { turn } = await startTurn(platform.gateway, READ_SPEECH.letter, {}, headers);
    const spans = await traceOf(turn.id, [...REPLIED, ...BY_HTTP]);
    const words = Object.assign({}, ...spans.map(({ attributes }) => attributes)) as Record<string, string>;
    expect(words['parlance.turn.text']).toMatch(/importance/i);
    expect(words['parlance.reply.text']).toBe('That sounds lovely. What did you buy there?');
  });

  it('over a WebSocket is one of its own, with the delivery behind it and a link to the stream that has the recognition', async () => {
    const client = await ListenClient.open(platform.gateway.url, { converse: 'true' });
    await client.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]), 4);
    const { turn } = await client.next('TurnTaken');
    client.control('CloseStream');
    await client.closed;
    const spans = await traceOf(turn, [...REPLIED, ...DELIVERED]);
    await expectWhole(spans, 'turn.start');
    await expectRecognised(spans, 'listen');
  });

  it('over gRPC is the same, to the last sentence’s delivery', async () => {
    const api = new ConverseClient(platform.gateway.grpcAddress);
    const stream = api.open().configure({});
    await stream.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]), 4);
    const { turnId } = await stream.next('taken');
    await stream.end();
    api.close();
    const spans = await traceOf(turnId, [...REPLIED, ...DELIVERED]);
    await expectWhole(spans, 'turn.start');
    await expectRecognised(spans, 'Conversation/Converse');
  });

  it('over Socket.IO has what a text goes through', async () => {
    const client = await VoiceClient.connectAs('ada', platform.gateway.url);
    await client.join({ settings: { language: 'en', autoSpeak: true } });
    await client.ask('voice:text-message', { text: 'I have two brothers.' });
    const { messageId } = await until(() => client.parts('reply')[0], 60_000);
    await until(() => client.parts('speech')[0], 60_000);
    await expectWhole(await traceOf(messageId, [...REPLIED, ...DELIVERED]), 'voice:text-message');
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
