import { describe, expect, it } from '@jest/globals';
import { eventIdOf, readAudio, readConversationMessage, readMessage } from './realtime-message.js';
import { firstSettings } from './realtime-settings.js';

const update = (input: object) => ({
  type: 'session.update',
  session: { type: 'transcription', audio: { input } },
});
const detection = (turn_detection: object) => update({ turn_detection });
const INPUT = 'session.audio.input';

const own = (session: object) => ({ type: 'session.update', session: { type: 'realtime', ...session } });
const item = (parts: object) => ({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi.' }], ...parts },
});
const TOOL = { type: 'function', name: 'weather' };

describe('an event of a client in a conversation', () => {
  it.each([
    ['a transcription', { type: 'transcription_session.update', session: {} }, 'type', 'is a conversation'],
    ['another kind', own({ type: 'transcription' }), 'session.type', 'must be "realtime"'],
    ['no kind', { type: 'session.update', session: {} }, 'session.type', 'must be "realtime"'],
    ['tools', own({ tools: [TOOL] }), 'session.tools', 'function calling are not offered'],
    ['a tool', own({ tool_choice: 'required' }), 'session.tool_choice', 'not offered'],
    ['both modalities', own({ output_modalities: ['text', 'audio'] }), 'session.output_modalities', 'either'],
    ['a bound', own({ max_output_tokens: 100 }), 'session.max_output_tokens', 'not bounded'],
    ['a template', own({ prompt: { id: 'p' } }), 'session.prompt', 'is no option here'],
    ['an unknown option', own({ mood: 'calm' }), 'session.mood', 'mood: is no option here'],
    ['a pace', own({ audio: { output: { speed: 9 } } }), 'session.audio.output.speed', 'speed'],
    ['a long instruction', own({ instructions: 'a'.repeat(16_001) }), 'session.instructions', '16000'],
    ['a call', item({ type: 'function_call_output' }), 'item.type', 'tools and function calling'],
    ['a system', item({ role: 'system' }), 'item.role', 'say the rest in instructions'],
    ['a picture', item({ content: [{ type: 'input_image' }] }), 'item.content.0.type', 'only text'],
    ['no text', item({ content: [] }), 'item.content', 'content'],
    ['no item', { type: 'conversation.item.create' }, 'item', 'item'],
    [
      'a question for an item',
      { type: 'conversation.item.retrieve', item_id: 'i' },
      'type',
      'is not offered here',
    ],
    [
      'a length',
      { type: 'conversation.item.truncate', item_id: 'i', content_index: 0 },
      'audio_end_ms',
      'audio',
    ],
    ['tools of one', { type: 'response.create', response: { tools: [TOOL] } }, 'response.tools', 'function'],
    [
      'an aside',
      { type: 'response.create', response: { conversation: 'none' } },
      'response.conversation',
      'outside',
    ],
    ['an input', { type: 'response.create', response: { input: [] } }, 'response.input', 'is no option here'],
  ])('is refused by the option at fault: %s', (_, message, param, text) => {
    const refusal = { code: 'request.invalid', message: expect.stringContaining(text), param };
    expect(() => readConversationMessage(message, false)).toThrow(expect.objectContaining(refusal));
  });

  it('may have the names of the beta on a connection of it, and there those of today as well', () => {
    const beta = { type: 'session.update', session: { modalities: ['text'], voice: 'ash' } };
    expect(readConversationMessage(beta, true)).toEqual(beta);
    expect(() => readConversationMessage(beta, false)).toThrow('session.type');
    const now = own({ output_modalities: ['text'] });
    expect(readConversationMessage(now, true)).toEqual(now);
    const tools = { type: 'session.update', session: { tools: [TOOL] } };
    expect(() => readConversationMessage(tools, true)).toThrow('session.tools');
  });
});

describe('an event of a client of /v1/realtime', () => {
  it.each([
    ['no object', 5, 'type', 'type'],
    ['no type', {}, 'type', 'type'],
    ['a type that nobody knows', { type: 'dance' }, 'type', 'dance: there is no such event'],
    ['a name of every object', { type: '__proto__' }, 'type', '__proto__: there is no such event'],
    ['a reply', { type: 'response.create' }, 'type', 'response.create: this session transcribes'],
    ['an item', { type: 'conversation.item.create', item: {} }, 'type', 'this session transcribes'],
    ['what is nowhere', { type: 'output_audio_buffer.clear' }, 'type', 'is not offered here'],
    [
      'a conversation',
      { type: 'session.update', session: { type: 'realtime' } },
      'session.type',
      'this session transcribes',
    ],
    [
      'an instruction',
      { type: 'session.update', session: { type: 'transcription', instructions: '' } },
      'session.instructions',
      'instructions: is no option here',
    ],
    [
      'a rate of its own',
      update({ format: { type: 'audio/pcm', rate: 16_000 } }),
      `${INPUT}.format.rate`,
      'rate',
    ],
    ['another format', update({ format: { type: 'audio/opus' } }), `${INPUT}.format.type`, 'format'],
    [
      'no language',
      update({ transcription: { language: 'dolphin' } }),
      `${INPUT}.transcription.language`,
      'dolphin',
    ],
    [
      'a delay',
      update({ transcription: { delay: 'low' } }),
      `${INPUT}.transcription.delay`,
      'delay: is no option here',
    ],
    [
      'noise reduction',
      update({ noise_reduction: { type: 'near_field' } }),
      `${INPUT}.noise_reduction`,
      'is no option here',
    ],
    [
      'a threshold of none',
      detection({ type: 'server_vad', threshold: 0 }),
      `${INPUT}.turn_detection.threshold`,
      '0.2',
    ],
    [
      'a timeout',
      detection({ type: 'server_vad', idle_timeout_ms: 5_000 }),
      `${INPUT}.turn_detection.idle_timeout_ms`,
      'is no option here',
    ],
    [
      'replies',
      detection({ type: 'semantic_vad', create_response: true }),
      `${INPUT}.turn_detection.create_response`,
      'is no option here',
    ],
    [
      'log probabilities',
      {
        type: 'session.update',
        session: { type: 'transcription', include: ['item.input_audio_transcription.logprobs'] },
      },
      'session.include',
      'is no option here',
    ],
    [
      'an option of the beta that it had not',
      { type: 'transcription_session.update', session: { input_audio_format: 'mp3' } },
      'session.input_audio_format',
      'input_audio_format',
    ],
    ['no base64', { type: 'input_audio_buffer.append', audio: '%%%' }, 'audio', 'audio: '],
    ['no audio', { type: 'input_audio_buffer.append' }, 'audio', 'audio: '],
  ])('is refused by the option at fault: %s', (_, message, param, text) => {
    const refusal = {
      code: 'request.invalid',
      message: expect.stringContaining(text),
      param,
    };
    expect(() => readMessage(message)).toThrow(expect.objectContaining(refusal));
  });

  it('has its usual values where it leaves them out', () => {
    expect(readMessage(detection({ type: 'server_vad' }))).toMatchObject(
      detection({ type: 'server_vad', threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 }),
    );
    expect(readMessage(detection({ type: 'semantic_vad', interrupt_response: false }))).toMatchObject(
      detection({ type: 'semantic_vad', eagerness: 'auto' }),
    );
  });

  it('is told from others by its id, also where it is at fault', () => {
    expect(eventIdOf({ type: 'dance', event_id: 'mine' })).toBe('mine');
    for (const message of [undefined, null, 'text', { event_id: 7 }, { event_id: 'x'.repeat(513) }])
      expect(eventIdOf(message)).toBeUndefined();
  });

  it('has thirty seconds of audio at most', () => {
    const settings = firstSettings('');
    const seconds = (count: number) => Buffer.alloc(48_000 * count).toString('base64');
    expect(readAudio(seconds(30), settings).length).toBe(1_440_000);
    expect(() => readAudio(seconds(31), settings)).toThrow(
      expect.objectContaining({ code: 'request.too_large', param: 'audio' }),
    );
  });
});
