import { describe, expect, it } from '@jest/globals';
import type { RealtimeServerEvent } from 'openai/resources/realtime/realtime';
import {
  realtimeEventSchema,
  type RealtimeEvent,
  type ReplyItem,
  type ResponseView,
  type UserItem,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { RecognitionEvent } from '../../recognition/live-stream.js';
import { itemsOf } from './buffer-items.js';
import { firstSettings, type RealtimeSettings } from './realtime-settings.js';

const FIRST = firstSettings('');
const LOST = new AppError('inference.interrupted', 'gone');

const endpoint = (kind: 'SPEECH_STARTED' | 'UTTERANCE_END', utteranceId: string, atMs: number) =>
  ({ endpoint: { kind: `ENDPOINT_KIND_${kind}`, utteranceId, atMs } }) as RecognitionEvent;
const result = (utteranceId: string, text: string, isFinal: boolean, endMs = 2_000) =>
  ({
    result: { utteranceId, text, isFinal, stableLength: text.length, startMs: 700, endMs },
  }) as RecognitionEvent;

function opened(settings: Partial<RealtimeSettings> = {}, fromMs = 0, isBeta = false) {
  const sequence = { previous: null, isBeta };
  return { items: itemsOf({ ...FIRST, ...settings }, sequence, fromMs), sequence };
}

/** Types without what they begin with, and what is said of the text. */
function told(events: readonly RealtimeEvent[]): string[] {
  return events.map((event) => {
    expect(realtimeEventSchema.safeParse(event).error).toBeUndefined();
    const name = event.type.replace(/^.*\./, '');
    if ('delta' in event) return `${name} ${event.delta}`;
    return 'transcript' in event ? `${name} ${event.transcript}` : name;
  });
}

/** Fails to compile where a client of OpenAI's would not know an event so. Its types have no names of the beta. */
type OfTheApi<Event> = Event extends { session: unknown }
  ? never
  : Event extends { type: infer Type }
    ? Omit<Event, 'type' | 'item' | 'response'> & {
        type: Extract<Type, RealtimeServerEvent['type']>;
      } & Holding<Event>
    : never;
type Holding<Event> = Event extends { item: unknown }
  ? { item: Event extends { response_id: string } ? CurrentReply : UserItem | CurrentReply }
  : Event extends { response: unknown }
    ? { response: Omit<ResponseView, 'output'> & { output: CurrentReply[] } }
    : unknown;
type CurrentReply = Omit<ReplyItem, 'content'> & {
  content: (Omit<ReplyItem['content'][number], 'type'> & { type: 'output_audio' | 'output_text' })[];
};
const asClientsKnowIt = (event: OfTheApi<RealtimeEvent>): RealtimeServerEvent => event;

describe('items of detected turns', () => {
  it('are committed and completed with the final of each utterance', () => {
    const { items } = opened({}, 10_000);
    const started = items.recognized(endpoint('SPEECH_STARTED', 'a', 1_000));
    expect(started).toMatchObject([
      { type: 'input_audio_buffer.speech_started', item_id: 'item_a', audio_start_ms: 10_700 },
    ]);
    expect(told(items.recognized(result('a', ' One', false)))).toEqual(['delta One']);
    const events = items.recognized(result('a', ' One two.', true));
    expect(told(events)).toEqual([
      'speech_stopped',
      'committed',
      'added',
      'done',
      'delta  two.',
      'completed One two.',
    ]);
    expect(events[0]).toMatchObject({ audio_end_ms: 12_000 });
    expect(events.at(-1)).toMatchObject({ item_id: 'item_a', usage: { type: 'duration', seconds: 1.3 } });
    expect(items.recognized(endpoint('UTTERANCE_END', 'a', 1_900))).toEqual([]);
    items.recognized(endpoint('SPEECH_STARTED', 'b', 3_000));
    expect(items.recognized(result('b', ' Three.', true))[1]).toMatchObject({
      type: 'input_audio_buffer.committed',
      item_id: 'item_b',
      previous_item_id: 'item_a',
    });
  });

  it('begin at the first sample where the prefix is longer than what was before', () => {
    const turnDetection = {
      type: 'server_vad',
      threshold: 0.5,
      prefix_padding_ms: 600,
      silence_duration_ms: 500,
    } as const;
    const [started] = opened({ turnDetection }, 50).items.recognized(endpoint('SPEECH_STARTED', 'a', 200));
    expect(started).toMatchObject({ audio_start_ms: 50 });
  });

  it('are completed without words where a recogniser finds none', () => {
    const { items } = opened();
    items.recognized(endpoint('SPEECH_STARTED', 'a', 1_000));
    const events = items.recognized(endpoint('UTTERANCE_END', 'a', 1_500));
    expect(told(events)).toEqual(['speech_stopped', 'committed', 'added', 'done', 'completed ']);
  });

  it('have one event in the beta for two since', () => {
    const { items } = opened({}, 0, true);
    items.recognized(endpoint('SPEECH_STARTED', 'a', 1_000));
    expect(told(items.recognized(result('a', ' One.', true)))).toContain('created');
  });

  it('need no commit of the client, which is told where nobody has spoken', () => {
    const { items } = opened();
    expect(items.committed('mine')).toEqual([]);
    expect(items.ended(500)).toMatchObject([
      { type: 'error', error: { code: 'input_audio_buffer_commit_empty', event_id: 'mine' } },
    ]);
  });

  it('are what a commit of the client asks for where somebody speaks', () => {
    const { items } = opened();
    items.recognized(endpoint('SPEECH_STARTED', 'a', 1_000));
    items.committed('mine');
    expect(told(items.recognized(result('a', ' One.', true)))).toContain('completed One.');
    expect(items.ended(500)).toEqual([]);
  });

  it('fail where recognition breaks off, or the session is told where there is none', () => {
    const { items } = opened();
    items.recognized(endpoint('SPEECH_STARTED', 'a', 1_000));
    const events = items.failed(LOST);
    expect(told(events)).toEqual(['committed', 'added', 'done', 'failed']);
    expect(events.at(-1)).toMatchObject({
      item_id: 'item_a',
      error: { type: 'server_error', code: 'inference.interrupted' },
    });
    expect(items.failed(LOST)).toMatchObject([{ type: 'error', error: { code: 'inference.interrupted' } }]);
  });

  it('are told in events that the types of OpenAI’s client describe', () => {
    const { items } = opened();
    const events = [
      ...items.recognized(endpoint('SPEECH_STARTED', 'a', 1_000)),
      ...items.recognized(result('a', ' One.', true)),
    ];
    for (const event of events) expect(asClientsKnowIt(event as OfTheApi<RealtimeEvent>)).toBe(event);
  });
});

describe('the item of what a client commits', () => {
  it('has the text of all its utterances, and ends once', () => {
    const { items, sequence } = opened({ turnDetection: null });
    expect(items.recognized(endpoint('SPEECH_STARTED', 'a', 1_000))).toEqual([]);
    expect(told(items.recognized(result('a', ' One.', true)))).toEqual(['delta One.']);
    const committed = items.committed(undefined);
    expect(told(committed)).toEqual(['committed', 'added', 'done']);
    expect(told(items.recognized(result('b', ' Two.', true)))).toEqual(['delta  Two.']);
    const events = items.ended(4_000);
    expect(told(events)).toEqual(['completed One. Two.']);
    expect(events[0]).toMatchObject({ item_id: sequence.previous, usage: { seconds: 4 } });
  });

  it('is none where nothing was committed', () => {
    const { items } = opened({ turnDetection: null });
    items.recognized(result('a', ' One.', true));
    expect(items.ended(4_000)).toEqual([]);
    expect(items.failed(LOST)).toMatchObject([{ type: 'error' }]);
  });

  it('fails where recognition breaks off behind the commit', () => {
    const { items } = opened({ turnDetection: null });
    items.committed(undefined);
    expect(items.failed(LOST)).toMatchObject([
      {
        type: 'conversation.item.input_audio_transcription.failed',
        error: { code: 'inference.interrupted' },
      },
    ]);
  });
});
