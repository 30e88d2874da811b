import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import {
  CANCEL_RESPONSE,
  CREATE_RESPONSE,
  MANUAL_TURNS,
  openedConversation,
  realtimeAudio,
  realtimeUpdate,
  responseDone,
  writtenItem,
} from '../../../../../test/support/realtime-conversation-rig.js';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

describe('a socket of /v1/realtime in a conversation', () => {
  it('commits, clears and refuses audio as the buffer has it', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame({ type: 'input_audio_buffer.commit', event_id: 'c' });
    await socket.frame(realtimeAudio());
    await socket.frame({ type: 'input_audio_buffer.commit', event_id: 'c' });
    expect(inner.calls).toEqual(['start', 'finalize']);
    await inner.endpoint('ENDPOINT_KIND_FINALIZED', '');
    await socket.frame({ type: 'input_audio_buffer.clear' });
    expect(inner.calls.at(-1)).toBe('drop');
    expect(socket.types.at(-1)).toBe('input_audio_buffer.cleared');
    expect(socket.faults()).toEqual(['input_audio_buffer_commit_empty', 'input_audio_buffer_commit_empty']);
    await socket.frame(realtimeAudio());
    await inner.tell({
      kind: 'fault',
      error: new AppError('inference.interrupted', 'gone'),
      isOfSpeech: true,
    });
    expect(socket.faults().at(-1)).toBe('inference.interrupted');
  });

  it('keeps its settings where an option is refused, and names it', async () => {
    const { socket, inner } = await openedConversation(open);
    await socket.frame(realtimeUpdate({ audio: { output: { voice: 'nobody' } } }));
    await socket.frame({ ...CREATE_RESPONSE, response: { audio: { output: { voice: 'nobody' } } } });
    inner.refusal = new AppError('model.not_found', 'There is no such model.');
    await socket.frame(
      realtimeUpdate({ audio: { input: { transcription: { model: 'whisper-of-nobody' } } } }),
    );
    inner.refusal = undefined;
    await socket.frame(realtimeUpdate({ tools: [{ type: 'function', name: 'weather' }] }));
    expect(socket.sent.slice(1)).toMatchObject([
      { error: { code: 'voice.not_found', param: 'session.audio.output.voice' } },
      { error: { code: 'voice.not_found', param: 'response.audio.output.voice' } },
      { error: { code: 'model.not_found', param: 'session.audio.input.transcription.model' } },
      { error: { code: 'request.invalid', param: 'session.tools' } },
    ]);
    await socket.frame(MANUAL_TURNS);
    await socket.frame(realtimeAudio());
    await socket.frame(realtimeUpdate({ audio: { input: { format: { type: 'audio/pcmu' } } } }));
    expect(socket.faults().at(-1)).toBe('request.invalid');
    await socket.frame(realtimeUpdate({ instructions: 'New.' }));
    expect(socket.sent.at(-1)).toMatchObject({
      type: 'session.updated',
      session: {
        instructions: 'New.',
        audio: { input: { turn_detection: null }, output: { voice: 'alloy' } },
      },
    });
  });

  it('answers what is no event by an error, and goes on', async () => {
    const { socket, inner } = await openedConversation(open);
    for (const frame of ['{', '[]', Buffer.alloc(4), { type: 'dance' }, { ...realtimeAudio(), audio: 'ä' }])
      await socket.frame(frame);
    expect(socket.faults()).toEqual(Array(5).fill('request.invalid'));
    await socket.frame(realtimeAudio());
    expect(inner.calls).toEqual(['start']);
    expect([...socket.failed, ...socket.reported]).toEqual([]);
  });

  it('speaks the beta to a client that asks by it, until it asks otherwise', async () => {
    const { socket, inner } = await openedConversation(open, { isBeta: true });
    expect(socket.sent[0]).toMatchObject({ session: { modalities: ['text', 'audio'], voice: 'alloy' } });
    await socket.frame({ type: 'session.update', session: { voice: 'echo', turn_detection: null } });
    await socket.frame(writtenItem('Hi.'));
    await socket.frame({ ...CREATE_RESPONSE, response: { modalities: ['audio', 'text'] } });
    await inner.replyTo(inner.asked[0]!.turn, 'Hello.');
    await responseDone(socket);
    expect(socket.types).toEqual(
      expect.arrayContaining([
        'conversation.item.created',
        'response.audio.delta',
        'response.audio_transcript.done',
      ]),
    );
    expect(socket.types).not.toContain('conversation.item.added');
    await socket.frame(realtimeUpdate({ output_modalities: ['text'] }));
    expect(socket.sent.at(-1)).toMatchObject({ session: { output_modalities: ['text'] } });
  });

  it('is closed where it is of no such model', async () => {
    const { socket, run } = await openedConversation(open, { model: 'llama' });
    await run;
    expect(socket.failed).toEqual(['model.not_found']);
    expect(socket.sent).toEqual([]);
  });

  it('ends with its client, and no event behind that does harm', async () => {
    const { socket, inner, run, endings } = await openedConversation(open);
    await socket.frame(realtimeAudio());
    await socket.frame(CREATE_RESPONSE);
    socket.leave();
    await run;
    expect(endings()).toBeGreaterThan(0);
    const told = socket.sent.length;
    for (const event of [
      realtimeAudio(),
      CREATE_RESPONSE,
      CANCEL_RESPONSE,
      writtenItem('Hi.'),
      { type: 'input_audio_buffer.clear' },
    ])
      await socket.frame(event);
    await inner.endpoint('ENDPOINT_KIND_SPEECH_CONFIRMED');
    expect(socket.sent.length).toBe(told);
  });

  it('is drained with what was said answered', async () => {
    const { socket, inner, session, run } = await openedConversation(open);
    await socket.frame(realtimeAudio());
    session.drain();
    await run;
    expect(inner.asked.map(({ text }) => text)).toEqual([' One.']);
    expect(socket.failed).toEqual(['service.draining']);
  });
});
