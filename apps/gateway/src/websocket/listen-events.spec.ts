import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { listenEventSchema, type ListenEvent } from '@parlance/contracts';
import { createHash } from 'node:crypto';
import type { RecognitionEvent } from '../recognition/live-stream.js';
import { ListenEvents } from './listen-events.js';
import { readListenQuery } from './listen-view.js';

const result = (text: string, more: object = {}): RecognitionEvent => ({
  event: 'result',
  result: {
    ...{ isFinal: true, stability: 1, text, stableLength: text.length, startMs: 500, endMs: 1_500 },
    words: text === '' ? [] : [{ text, startMs: 600, endMs: 1_400, confidence: 0.8 }],
    ...{ segments: [], language: 'en', utteranceId: 'u1', measures: null, scores: null },
    ...more,
  },
});
type Kind = NonNullable<RecognitionEvent['endpoint']>['kind'];
const endpoint = (kind: Kind, atMs: number, utteranceId = 'u1'): RecognitionEvent => ({
  event: 'endpoint',
  endpoint: { kind, atMs, utteranceId, speechProbability: 1, voicedMs: 0 },
});
const started = endpoint('ENDPOINT_KIND_SPEECH_STARTED', 600);
const ended = endpoint('ENDPOINT_KIND_UTTERANCE_END', 1_400);
const summary: RecognitionEvent = {
  event: 'summary',
  summary: { audioMs: 3_000, language: 'en', measures: null, scores: null },
};

describe('the events of /v1/listen', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  /** What a client with a query gets of what recognition says. */
  async function eventsOf(
    query: string,
    said: readonly RecognitionEvent[],
    audio = '',
  ): Promise<ListenEvent[]> {
    const sent: ListenEvent[] = [];
    const options = { requestId: 'r', model: '', session: undefined };
    const events = new ListenEvents(
      { ...options, query: readListenQuery(new URLSearchParams(query)) },
      async (event) => void sent.push(event),
    );
    events.receive(Buffer.from(audio));
    await events.pass({ event: 'started', started: { streamId: 's', model: 'whisper-base' } });
    for (const event of said) await events.pass(event);
    events.close();
    for (const event of sent) expect(listenEventSchema.safeParse(event).error).toBeUndefined();
    return sent;
  }

  it('are results and Metadata at the end where nothing else is asked for', async () => {
    const events = await eventsOf('', [started, result('Hello,'), ended, summary], 'samples');
    expect(events.map(({ type }) => type)).toEqual(['Results', 'Metadata']);
    expect(events[0]).toMatchObject({
      channel_index: [0, 1],
      is_final: true,
      speech_final: true,
      from_finalize: false,
      metadata: { request_id: 'r', model_info: { name: 'whisper-base', arch: 'whisper' } },
      channel: {
        alternatives: [{ transcript: 'Hello,', words: [{ word: 'hello', punctuated_word: 'Hello,' }] }],
      },
    });
    expect(events[1]).toMatchObject({
      request_id: 'r',
      transaction_key: 'deprecated',
      sha256: createHash('sha256').update('samples').digest('hex'),
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      duration: 3,
      channels: 1,
    });
    const { models = [], model_info: info = {} } = events[1] as Extract<ListenEvent, { type: 'Metadata' }>;
    expect(info[models[0] ?? '']?.name).toBe('whisper-base');
  });

  it('have starts of speech, and ends of utterances behind their finals, where they are asked for', async () => {
    const events = await eventsOf('vad_events=true&utterance_end_ms=1000', [
      started,
      result('Hello'),
      ended,
      summary,
    ]);
    expect(events.map(({ type }) => type)).toEqual(['SpeechStarted', 'Results', 'UtteranceEnd', 'Metadata']);
    expect(events[0]).toMatchObject({ channel: [0, 1], timestamp: 0.6 });
    expect(events[2]).toMatchObject({ channel: [0, 1], last_word_end: 1.4 });
  });

  it('are those of a conversation where there is one, Metadata first', async () => {
    const events = await eventsOf('converse=true', [started, result('Hello'), ended]);
    expect(events.map(({ type }) => type)).toEqual(['Metadata', 'SpeechStarted', 'Results', 'UtteranceEnd']);
  });

  it('are never the end of speech where endpointing is off', async () => {
    const [final] = await eventsOf('endpointing=false', [result('Hello')]);
    expect(final).toMatchObject({ is_final: true, speech_final: false });
  });

  it('give the words of an interim their share of its time, and its stability as confidence', async () => {
    const interim = result('one three', { isFinal: false, stability: 0.4, words: [] });
    const [event] = await eventsOf('interim_results=true', [interim]);
    expect(event).toMatchObject({
      is_final: false,
      speech_final: false,
      channel: {
        alternatives: [
          {
            confidence: 0.4,
            words: [
              { word: 'one', start: 0.5 },
              { word: 'three', end: 1.5 },
            ],
          },
        ],
      },
    });
  });

  it('answer Finalize by the final of what was said', async () => {
    const events = await eventsOf('endpointing=false', [
      endpoint('ENDPOINT_KIND_FINALIZED', 1_500),
      result('Hello'),
      ended,
      result('And again', { utteranceId: 'u2' }),
    ]);
    const flags = events.map(
      (event) => event.type === 'Results' && [event.from_finalize, event.speech_final],
    );
    expect(flags).toEqual([
      [true, true],
      [false, false],
    ]);
  });

  it.each([
    ['nothing was said', [endpoint('ENDPOINT_KIND_FINALIZED', 2_000, '')]],
    ['all of it is final already', [result('x'), ended, endpoint('ENDPOINT_KIND_FINALIZED', 2_000)].slice(1)],
    ['what was said has no words', [endpoint('ENDPOINT_KIND_FINALIZED', 2_000), ended]],
  ])('answer Finalize by an empty final where %s', async (_, said) => {
    const events = await eventsOf('', said);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      is_final: true,
      from_finalize: true,
      channel: { alternatives: [{ transcript: '', confidence: 0, words: [] }] },
    });
  });
});
