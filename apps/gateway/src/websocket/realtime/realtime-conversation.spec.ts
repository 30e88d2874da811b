import { afterEach, describe, expect, it } from '@jest/globals';
import type { RealtimeEvent } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import {
  CANCEL_RESPONSE,
  CREATE_RESPONSE,
  MANUAL_TURNS,
  openedConversation,
  realtimeAudio,
  realtimeUpdate,
  responseDone,
  responsesOf,
  writtenItem,
} from '../../../../../test/support/realtime-conversation-rig.js';
import { until } from '../../../../../test/support/until.js';

const kinds = (events: readonly RealtimeEvent[]) => [...new Set(events.map(({ type }) => type))];
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

describe('a conversation of /v1/realtime', () => {
  it('answers what is said, by voice and text', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame(
      realtimeUpdate({ instructions: 'Be brief.', audio: { input: { transcription: {} } } }),
    );
    await socket.frame(realtimeAudio());
    await inner.endpoint('ENDPOINT_KIND_SPEECH_STARTED');
    await inner.utter(' How are you?');
    const [first] = inner.asked;
    expect(first).toMatchObject({
      text: ' How are you?',
      reply: { speak: true, voice: 'alloy', speed: 1, instructions: 'Be brief.' },
    });
    await inner.replyTo(first!.turn, 'Fine.', 'And you?');
    const response = await responseDone(socket);
    expect(response).toMatchObject({
      id: `resp_${first!.turn}`,
      status: 'completed',
      output: [{ content: [{ type: 'output_audio', transcript: 'Fine. And you?' }] }],
    });
    expect(kinds(socket.sent)).toEqual([
      'session.created',
      'session.updated',
      'input_audio_buffer.speech_started',
      'input_audio_buffer.speech_stopped',
      'input_audio_buffer.committed',
      'conversation.item.added',
      'conversation.item.done',
      'conversation.item.input_audio_transcription.delta',
      'conversation.item.input_audio_transcription.completed',
      'response.created',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_audio_transcript.delta',
      'response.output_audio.delta',
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.done',
    ]);
    const audio = socket.sent.flatMap((event) =>
      event.type === 'response.output_audio.delta' || event.type === 'response.audio.delta'
        ? [event.delta]
        : [],
    );
    // Two seconds at 24 kHz.
    expect(Buffer.concat(audio.map((delta) => Buffer.from(delta, 'base64'))).length).toBe(96_000);
  });

  it('tells no transcripts that nobody asked for', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame(realtimeAudio());
    await inner.utter(' One.');
    expect(socket.types.some((type) => type.includes('transcription'))).toBe(false);
    expect(inner.asked).toHaveLength(1);
  });

  it('answers what is committed when it is asked to, where no turns are detected', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame(MANUAL_TURNS);
    expect(inner.isInterruptible).toBe(false);
    await socket.frame(CREATE_RESPONSE);
    await inner.replyTo(inner.asked[0]!.turn, 'Hello.');
    await responseDone(socket);
    await socket.frame(realtimeAudio());
    await socket.frame({ type: 'input_audio_buffer.commit' });
    expect(inner.asked).toHaveLength(1);
    await socket.frame(CREATE_RESPONSE);
    expect(inner.asked.map(({ text }) => text)).toEqual(['', ' One.']);
    inner.said = [' Two.', ' Three.'];
    await inner.replyTo(inner.asked[1]!.turn, 'Yes.');
    await responseDone(socket, 2);
    await socket.frame(realtimeAudio());
    await socket.frame({ type: 'input_audio_buffer.commit' });
    await socket.frame(writtenItem('And four.'));
    await socket.frame(CREATE_RESPONSE);
    expect(inner.asked[2]).toMatchObject({ text: 'Two. Three.\nAnd four.' });
    expect(inner.asked[2]!.utterance).toBeUndefined();
  });

  it('creates no response by itself where it is told not to', async () => {
    const { socket, inner } = await openedConversation(open);
    const detection = { type: 'server_vad', create_response: false };
    await socket.frame(realtimeUpdate({ audio: { input: { turn_detection: detection } } }));
    await socket.frame(realtimeAudio());
    await inner.utter(' One.');
    expect(inner.asked).toEqual([]);
    await socket.frame({
      ...CREATE_RESPONSE,
      response: { output_modalities: ['text'], metadata: { a: 'b' } },
    });
    expect(inner.asked[0]).toMatchObject({ text: ' One.', reply: { speak: false } });
    await inner.replyTo(inner.asked[0]!.turn, 'Two.');
    expect(await responseDone(socket)).toMatchObject({ metadata: { a: 'b' }, output_modalities: ['text'] });
    expect(socket.types).toContain('response.output_text.done');
  });

  it('is a text conversation as well, whose items follow each other', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame(writtenItem('Hi.', { id: 'mine' }));
    await socket.frame({ ...writtenItem('There.'), previous_item_id: 'mine' });
    await socket.frame(CREATE_RESPONSE);
    expect(inner.asked[0]).toMatchObject({ text: 'Hi.\nThere.' });
    const added = socket.sent.flatMap((event) =>
      event.type === 'conversation.item.added' || event.type === 'conversation.item.created' ? [event] : [],
    );
    expect(added[0]).toMatchObject({ previous_item_id: null, item: { id: 'mine', role: 'user' } });
    expect(added[1]?.previous_item_id).toBe('mine');
    await socket.frame(writtenItem('Again.', { id: 'mine' }));
    await socket.frame({ ...writtenItem('Before.'), previous_item_id: 'root' });
    expect(socket.sent.slice(-2)).toMatchObject([
      { error: { code: 'request.invalid', param: 'item.id' } },
      { error: { code: 'request.invalid', param: 'previous_item_id' } },
    ]);
    expect(inner.calls).toEqual([]);
  });

  it('has one response at a time, which the client may cancel', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame({ ...CANCEL_RESPONSE, event_id: 'too-soon' });
    await socket.frame(writtenItem('Hi.'));
    await socket.frame(CREATE_RESPONSE);
    await socket.frame({ ...CREATE_RESPONSE, event_id: 'second' });
    const [{ turn } = { turn: '' }] = inner.asked;
    await inner.about(turn, 'reply.sentence', { index: 0, text: 'Hello.' });
    await socket.frame({ ...CANCEL_RESPONSE, response_id: 'resp_other' });
    await socket.frame({ ...CANCEL_RESPONSE, response_id: `resp_${turn}` });
    expect(await responseDone(socket)).toMatchObject({
      status: 'cancelled',
      status_details: { reason: 'client_cancelled' },
      output: [{ status: 'incomplete' }],
    });
    const errors = socket.sent.flatMap((event) => (event.type === 'error' ? [event.error] : []));
    expect(errors).toMatchObject([
      { code: 'response_cancel_not_active', event_id: 'too-soon', type: 'invalid_request_error' },
      { code: 'conversation_already_has_active_response', event_id: 'second', param: null },
      { code: 'response_cancel_not_active' },
    ]);
    expect(inner.cuts).toEqual([[turn, undefined]]);
    const told = socket.sent.length;
    await inner.replyTo(turn, 'Hello.', 'Again.');
    expect(socket.sent.length).toBe(told);
    await socket.frame(CREATE_RESPONSE);
    expect(inner.asked).toHaveLength(2);
  });

  it('is interrupted by speech while a reply is written, and by what interrupts one that is played', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame(realtimeAudio());
    await inner.utter(' One.');
    const [first] = inner.asked;
    await inner.endpoint('ENDPOINT_KIND_SPEECH_STARTED', 'u2');
    expect(responsesOf(socket, 'response.done')).toEqual([]);
    await inner.endpoint('ENDPOINT_KIND_SPEECH_CONFIRMED', 'u2');
    expect(await responseDone(socket)).toMatchObject({
      status: 'cancelled',
      status_details: { type: 'cancelled', reason: 'turn_detected' },
    });
    expect(inner.cuts).toEqual([[first!.turn, undefined]]);
    await inner.utter(' Two.');
    const second = inner.asked[1]!;
    await inner.tell({ kind: 'interrupted', reply: { turn: second.turn, text: '' } });
    expect(await responseDone(socket, 2)).toMatchObject({ id: `resp_${second.turn}`, status: 'cancelled' });
    await inner.utter(' Three.');
    await inner.utter(' Four.');
    expect(await responseDone(socket, 3)).toMatchObject({ status_details: { reason: 'turn_detected' } });
    expect(inner.asked.map(({ text }) => text)).toEqual([' One.', ' Two.', ' Three.', ' Four.']);
  });

  it('sends no audio while somebody makes a sound, and goes on where that was nothing', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame(CREATE_RESPONSE);
    const [{ turn } = { turn: '' }] = inner.asked;
    const deltas = () => socket.types.filter((type) => type === 'response.output_audio.delta').length;
    await inner.tell({ kind: 'paused', turn });
    await inner.replyTo(turn, 'Hello.');
    await until(() => socket.types.includes('response.output_audio_transcript.delta'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(deltas()).toBe(0);
    await inner.tell({ kind: 'resumed', turn });
    expect(await responseDone(socket)).toMatchObject({ status: 'completed' });
    // A second.
    expect(deltas()).toBe(5);
    await socket.frame(CREATE_RESPONSE);
    const next = inner.asked[1]!.turn;
    await inner.tell({ kind: 'paused', turn: next });
    await inner.replyTo(next, 'Hello.');
    await inner.tell({ kind: 'interrupted', reply: { turn: next, text: '' } });
    expect(await responseDone(socket, 2)).toMatchObject({ status: 'cancelled' });
    expect(deltas()).toBe(5);
  });

  it.each([['interrupted'], ['truncated']])(
    'sends the audio of a response after one that was all sent and %s while it was played',
    async (how) => {
      const { socket, inner } = await openedConversation(open);
      await socket.frame(CREATE_RESPONSE);
      const [{ turn } = { turn: '' }] = inner.asked;
      await inner.replyTo(turn, 'Hello.');
      await responseDone(socket);
      await inner.tell({ kind: 'paused', turn });
      if (how === 'interrupted') await inner.tell({ kind: 'interrupted', reply: { turn, text: '' } });
      else
        await socket.frame({
          ...{ type: 'conversation.item.truncate', item_id: `item_${turn}`, content_index: 0 },
          audio_end_ms: 100,
        });
      await socket.frame(CREATE_RESPONSE);
      await inner.replyTo(inner.asked[1]!.turn, 'Hello.');
      expect(await responseDone(socket, 2)).toMatchObject({ status: 'completed' });
      expect(socket.types.filter((type) => type === 'response.output_audio.delta')).toHaveLength(10);
    },
  );

  it('waits for its reply to end where speech may not interrupt it', async () => {
    const { socket, inner } = await openedConversation(open);
    const detection = { type: 'semantic_vad', interrupt_response: false };
    await socket.frame(realtimeUpdate({ audio: { input: { turn_detection: detection } } }));
    expect(inner.isInterruptible).toBe(false);
    await socket.frame(realtimeAudio());
    await inner.utter(' One.');
    await inner.endpoint('ENDPOINT_KIND_SPEECH_CONFIRMED', 'u2');
    await inner.utter(' Two.');
    expect(inner.asked).toHaveLength(1);
    await inner.replyTo(inner.asked[0]!.turn, 'Yes.');
    expect(await responseDone(socket)).toMatchObject({ status: 'completed' });
    expect(inner.asked.map(({ text }) => text)).toEqual([' One.', ' Two.']);
  });

  it('is told by its client what was played', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame(writtenItem('Hi.'));
    await socket.frame(CREATE_RESPONSE);
    const [{ turn } = { turn: '' }] = inner.asked;
    await inner.replyTo(turn, 'One two three.', 'Four five six.');
    await responseDone(socket);
    const truncate = (audio_end_ms: number, item_id = `item_${turn}`) => ({
      type: 'conversation.item.truncate',
      item_id,
      content_index: 0,
      audio_end_ms,
    });
    await socket.frame(truncate(700));
    await socket.frame(truncate(2_000));
    expect(inner.cuts).toEqual([[turn, 'One two']]);
    await until(() => socket.types.filter((type) => type === 'conversation.item.truncated').length === 2);
    await socket.frame(truncate(2_001));
    await socket.frame(truncate(0, 'item_of_nobody'));
    await socket.frame({ type: 'conversation.item.delete', item_id: 'item_of_nobody' });
    expect(socket.sent.slice(-3)).toMatchObject([
      { error: { code: 'request.invalid', param: 'audio_end_ms' } },
      { error: { code: 'request.invalid', param: 'item_id' } },
      { error: { code: 'request.invalid', param: 'item_id' } },
    ]);
    await socket.frame({ type: 'conversation.item.delete', item_id: `item_${turn}` });
    await until(() => socket.types.includes('conversation.item.deleted'));
    expect(inner.cuts.at(-1)).toEqual([turn, '']);
  });

  it('has the reason where a response fails, and goes on', async () => {
    const { socket, inner } = await openedConversation(open, { answerMs: 30 });
    await socket.frame(writtenItem('Hi.'));
    await socket.frame(CREATE_RESPONSE);
    const error = { code: 'upstream.unavailable', message: 'Not just now.', retryable: true };
    await inner.about(inner.asked[0]!.turn, 'turn.failed', { stage: 'conversation', error });
    expect(await responseDone(socket)).toMatchObject({
      status: 'failed',
      status_details: { error: { code: 'upstream.unavailable' } },
    });
    inner.refusal = new AppError('session.full', 'full');
    await socket.frame(CREATE_RESPONSE);
    expect(await responseDone(socket, 2)).toMatchObject({
      status_details: { error: { code: 'session.full' } },
    });
    inner.refusal = undefined;
    await socket.frame(realtimeAudio());
    await inner.utter(' One.');
    const spoken = new AppError('quota.tokens_exceeded', 'used up');
    await inner.tell({ kind: 'fault', error: spoken, turn: inner.asked[1]!.turn });
    expect(await responseDone(socket, 3)).toMatchObject({ status: 'failed' });
    await socket.frame(CREATE_RESPONSE);
    expect(await responseDone(socket, 4)).toMatchObject({
      status_details: { error: { code: 'request.deadline_exceeded' } },
    });
    expect([...socket.failed, ...socket.reported]).toEqual([]);
  });

  it('says where a sentence has no sound, and completes', async () => {
    const { socket, inner } = await openedConversation(open);
    inner.speech = undefined;
    await socket.frame(CREATE_RESPONSE);
    await inner.replyTo(inner.asked[0]!.turn, 'Hello.');
    expect(await responseDone(socket)).toMatchObject({ status: 'completed' });
    expect(socket.reported).toEqual(['recording.not_found']);
  });
});
