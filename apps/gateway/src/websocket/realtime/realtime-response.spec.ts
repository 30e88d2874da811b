import { describe, expect, it } from '@jest/globals';
import { realtimeEventSchema, type RealtimeEvent, type TurnEvent } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { firstSettings } from './realtime-settings.js';
import { conversationOf, type ResponseSettings } from './conversation-settings.js';
import { RealtimeResponse } from './realtime-response.js';

const identity = { tenant: 'acme', session: 's', turn: 't' };
const sentence = (index: number, text: string) =>
  ({ name: 'reply.sentence', data: { identity, index, text, speak: true } }) as TurnEvent;
const ready = (index: number) => ({ name: 'speech.ready', data: { identity, index } }) as TurnEvent;
const unspoken = (index: number) => ({ name: 'speech.failed', data: { identity, index } }) as TurnEvent;
const replied = (sentences: number, speak = true, usage?: object) =>
  ({ name: 'turn.replied', data: { identity, sentences, speak, usage } }) as TurnEvent;

function response(settings: Partial<ResponseSettings> = {}, isBeta = false) {
  const sequence = { previous: 'item_u', isBeta };
  const all = { ...conversationOf('', firstSettings('')).response, ...settings };
  return { sequence, made: new RealtimeResponse('t', all, sequence, 'conv_s', { for: 'me' }) };
}

/** Types, all of which fit the contract. */
function types(events: readonly RealtimeEvent[]): string[] {
  return events.map((event) => {
    expect(realtimeEventSchema.safeParse(event).error).toBeUndefined();
    return event.type;
  });
}

describe('a response', () => {
  it('has one item of one part, spoken sentence by sentence', () => {
    const { made, sequence } = response();
    expect(made.created()).toMatchObject({
      type: 'response.created',
      response: { id: 'resp_t', status: 'in_progress', output: [], metadata: { for: 'me' } },
    });
    expect(types(made.happened(sentence(0, 'Hello.')))).toEqual([
      'response.output_item.added',
      'conversation.item.added',
      'response.content_part.added',
      'response.output_audio_transcript.delta',
    ]);
    expect(sequence.previous).toBe('item_t');
    expect(made.sounded(0, Buffer.alloc(48_000))).toEqual([]);
    expect(types([made.audio(Buffer.alloc(10))])).toEqual(['response.output_audio.delta']);
    expect(made.happened(ready(0))).toEqual([]);
    expect(made.happened(sentence(1, 'Who are you?'))).toMatchObject([{ delta: ' Who are you?' }]);
    made.happened(replied(2, true, { inputTokens: 10, outputTokens: 5 }));
    expect(made.isComplete).toBe(false);
    made.happened(unspoken(1));
    expect(made.isComplete).toBe(true);
    const events = made.ended({ status: 'completed' });
    expect(types(events)).toEqual([
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'response.output_item.done',
      'conversation.item.done',
      'response.done',
    ]);
    expect(events.at(-2)).toMatchObject({ previous_item_id: 'item_u' });
    expect(events.at(-1)).toMatchObject({
      response: {
        status: 'completed',
        status_details: { type: 'completed' },
        output: [
          { status: 'completed', content: [{ type: 'output_audio', transcript: 'Hello. Who are you?' }] },
        ],
        usage: { total_tokens: 15, input_tokens: 10, output_tokens: 5 },
      },
    });
  });

  it('is text alone where that is asked for', () => {
    const { made } = response({ speaks: false });
    expect(types(made.happened(sentence(0, 'Hello.'))).at(-1)).toBe('response.output_text.delta');
    made.happened(replied(1, false));
    expect(made.isComplete).toBe(true);
    const events = made.ended({ status: 'completed' });
    expect(types(events)[0]).toBe('response.output_text.done');
    const done = events.at(-1) as Extract<RealtimeEvent, { type: 'response.created' | 'response.done' }>;
    expect(done.response).toMatchObject({
      output_modalities: ['text'],
      output: [{ content: [{ text: 'Hello.' }] }],
    });
    // Nobody counted.
    expect(done.response.usage).toBeUndefined();
  });

  it.each([
    [true, ['response.audio_transcript.delta', 'response.audio.delta']],
    [false, ['response.text.delta']],
  ] as const)('has the names of the beta where the client knows those; spoken: %s', (speaks, names) => {
    const { made } = response({ speaks }, true);
    const begun = types(made.happened(sentence(0, 'Hello.')));
    expect(begun).toContain('conversation.item.created');
    const told = [...begun, ...(speaks ? types([made.audio(Buffer.alloc(2))]) : [])];
    expect(told).toEqual(expect.arrayContaining([...names]));
    const ended = made.ended({ status: 'completed' });
    expect(types(ended)).not.toContain('conversation.item.done');
    expect(types(ended).slice(0, 2)).toEqual(
      speaks
        ? ['response.audio.done', 'response.audio_transcript.done']
        : ['response.text.done', 'response.content_part.done'],
    );
    expect(ended.at(-1)).toMatchObject({
      response: {
        modalities: speaks ? ['text', 'audio'] : ['text'],
        voice: 'alloy',
        output: [{ content: [{ type: speaks ? 'audio' : 'text' }] }],
      },
    });
  });

  it('that is cancelled says why, and what of it was told', () => {
    const { made } = response();
    expect(types(made.ended({ status: 'cancelled', reason: 'client_cancelled' }))).toEqual(['response.done']);
    const { made: begun } = response();
    begun.happened(sentence(0, 'Hello.'));
    begun.silence();
    expect(begun.stopped.aborted).toBe(true);
    expect(begun.ended({ status: 'cancelled', reason: 'turn_detected' }).at(-1)).toMatchObject({
      response: {
        status: 'cancelled',
        status_details: { type: 'cancelled', reason: 'turn_detected' },
        output: [{ status: 'incomplete', content: [{ transcript: 'Hello.' }] }],
      },
    });
  });

  it('that failed says by which fault', () => {
    const error = new AppError('upstream.unavailable', 'Not just now.');
    expect(response().made.ended({ status: 'failed', error })).toMatchObject([
      {
        response: {
          status: 'failed',
          status_details: {
            type: 'failed',
            error: { type: 'server_error', code: 'upstream.unavailable', message: 'Not just now.' },
          },
        },
      },
    ]);
  });

  it('knows what a client has played that has played so much of it', () => {
    const { made } = response();
    for (const [index, text] of ['One two three.', 'Four five six.'].entries()) {
      made.happened(sentence(index, text));
      made.sounded(index, Buffer.alloc(48_000));
    }
    expect(made.audioMs).toBe(2_000);
    expect(made.textWithin(0)).toBe('');
    expect(made.textWithin(700)).toBe('One two');
    expect(made.textWithin(1_000)).toBe('One two three.');
    expect(made.textWithin(1_400)).toBe('One two three. Four');
    expect(made.textWithin(2_000)).toBe(made.text);
  });
});
