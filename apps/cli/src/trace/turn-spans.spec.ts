import { describe, expect, it } from '@jest/globals';
import { readTraces } from './jaeger.client.js';
import { inOrder, spansOf } from './turn-spans.js';
import { waterfallHeading, waterfall } from './waterfall.js';

const TURN = '01JZ0000000000000000000001';
const OTHER_TURN = '01JZ0000000000000000000002';
const BEGUN_US = 1_764_684_180_000_000;

interface SpanFields {
  readonly id: string;
  readonly parent?: string;
  readonly service?: string;
  readonly at?: number;
  readonly lasts?: number;
  readonly tags?: Readonly<Record<string, string | number | boolean>>;
  readonly event?: Readonly<Record<string, string | number>>;
}

/** An answer of Jaeger's query API (`/api/traces`, version 1.76) with one trace of these spans. */
function answerOf(...spans: readonly SpanFields[]): unknown {
  const services = [...new Set(spans.map(({ service = 'gateway' }) => service))];
  const tagsOf = (record: object) =>
    Object.entries(record).map(([key, value]) => ({ key, type: typeof value, value: value as unknown }));
  return {
    data: [
      {
        traceID: 'aa',
        spans: spans.map(({ id, parent, service = 'gateway', at = 0, lasts = 10, tags = {}, event }) => ({
          traceID: 'aa',
          spanID: id,
          operationName: id,
          references: parent === undefined ? [] : [{ refType: 'CHILD_OF', traceID: 'aa', spanID: parent }],
          startTime: BEGUN_US + at * 1_000,
          duration: lasts * 1_000,
          tags: tagsOf(tags),
          logs: event ? [{ timestamp: BEGUN_US, fields: tagsOf(event) }] : [],
          processID: `p${services.indexOf(service)}`,
          warnings: null,
        })),
        processes: Object.fromEntries(
          services.map((name, at) => [`p${at}`, { serviceName: `parlance-${name}`, tags: [] }]),
        ),
        warnings: null,
      },
    ],
    total: 0,
    errors: null,
  };
}

const ofTurn = (turn: string, utterance?: string) => ({
  'parlance.turn.id': turn,
  ...(utterance ? { 'parlance.utterance.id': utterance } : {}),
});

/** A live stream of two utterances, each a turn. */
const STREAM = answerOf(
  { id: 'listen', lasts: 900 },
  { id: 'speech.stream', parent: 'listen', service: 'inference', lasts: 800 },
  {
    ...{ id: 'final-1', parent: 'speech.stream', service: 'inference', at: 100 },
    tags: { 'parlance.utterance.id': 'U1' },
    event: { event: 'inference.stages', 'parlance.stage.encode_ms': 41, 'parlance.stage.words_ms': 0 },
  },
  {
    ...{ id: 'final-2', parent: 'speech.stream', service: 'inference', at: 500 },
    tags: { 'parlance.utterance.id': 'U2' },
  },
  { id: 'turn-1', parent: 'listen', at: 120, tags: ofTurn(TURN, 'U1') },
  { id: 'turn-2', parent: 'listen', at: 520, tags: ofTurn(OTHER_TURN, 'U2') },
  {
    ...{ id: 'process-1', parent: 'turn-1', service: 'conversation', at: 130, lasts: 300 },
    tags: { ...ofTurn(TURN), 'parlance.delivery': 2, error: true, 'error.type': 'upstream.unavailable' },
  },
  {
    ...{ id: 'chat', parent: 'process-1', service: 'conversation', at: 140, lasts: 4 },
    tags: {
      'gen_ai.request.model': 'llama',
      'gen_ai.usage.input_tokens': 120,
      'gen_ai.usage.output_tokens': 40,
    },
  },
);

describe('the spans of a turn', () => {
  it('are those that say it or its utterance, all below and above them, and none of another turn of the stream', () => {
    const all = readTraces(STREAM).flat();
    const names = spansOf(TURN, all).map(({ name }) => name);
    expect(names.sort()).toEqual([...['chat', 'final-1', 'listen', 'process-1', 'speech.stream', 'turn-1']]);
    expect(spansOf('01JZ0000000000000000000009', all)).toEqual([]);
  });

  it('stand under their parents by their start, also where the first parent is the client’s own', () => {
    const all = readTraces(answerOf({ id: 'b', parent: 'a', at: 2 }, { id: 'a', parent: 'theirs' })).flat();
    expect(inOrder(all).map(({ span, depth }) => [span.name, depth])).toEqual([
      ['a', 0],
      ['b', 1],
    ]);
  });
});

describe('a waterfall', () => {
  const spans = spansOf(TURN, readTraces(STREAM).flat());
  const lines = waterfall(inOrder(spans), 120);

  it('shows when each span ran and what it says of itself: stages, the model and its tokens, a fault, a redelivery', () => {
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^gateway +listen +█+ +900 ms$/);
    expect(lines[2]).toMatch(/^inference +final-1 +·+█+·+ +10 ms encode 41 ms$/);
    expect(lines[4]).toMatch(/^conversation +process-1 +·+▒+·+ +300 ms ✗ upstream\.unavailable; delivery 2$/);
    expect(lines[5]).toMatch(/^conversation +chat +·+█·+ +4\.0 ms llama 120\+40 tokens$/);
  });

  it('has a heading with the time, the services and the trace', () => {
    expect(waterfallHeading(TURN, spans)).toBe(
      `turn ${TURN}  2025-12-02T14:03:00.000Z  900 ms  6 spans of 3 services  trace aa`,
    );
  });
});
