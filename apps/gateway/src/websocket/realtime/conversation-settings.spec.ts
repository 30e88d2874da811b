import { gatewaySchema } from '../../gateway.config.js';
import { describe, expect, it } from '@jest/globals';
import type { RealtimeSessionCreateRequest } from 'openai/resources/realtime/realtime';
import {
  betaConversationMessageSchema,
  conversationMessageSchema,
  type ConversationSessionSettings,
  type ConversationSessionView,
} from '@parlance/contracts';
import {
  betaConversationView,
  changedConversation,
  changedResponse,
  conversationConfig,
  conversationOfBeta,
  conversationView,
  conversationOf,
  replyOptions,
  responseOptionsOf,
} from './conversation-settings.js';
import { firstSettings } from './realtime-settings.js';

const { openAiModels } = gatewaySchema.parse({}).recognition;
const INPUT = firstSettings('');
const FIRST = conversationOf('', INPUT);
/** Fails to compile where a client of OpenAI's would not know the settings so. */
const asClientsKnowIt = (session: ConversationSessionView): RealtimeSessionCreateRequest => session;

function read(session: object): ConversationSessionSettings {
  const message = conversationMessageSchema.parse({ type: 'session.update', session });
  return (message as { session: ConversationSessionSettings }).session;
}
const changed = (session: object, settings = FIRST) =>
  changedConversation(settings, INPUT, read({ type: 'realtime', ...session }));

describe('the settings of a conversation', () => {
  it('begin with spoken replies of the default voice to turns that are detected', () => {
    const view = conversationView('sess_1', FIRST);
    expect(asClientsKnowIt(view)).toEqual({
      type: 'realtime',
      object: 'realtime.session',
      id: 'sess_1',
      model: 'gpt-realtime',
      instructions: '',
      output_modalities: ['audio'],
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          turn_detection: {
            type: 'server_vad',
            threshold: 0.5,
            prefix_padding_ms: 300,
            silence_duration_ms: 500,
            create_response: true,
            interrupt_response: true,
          },
        },
        output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'alloy', speed: 1 },
      },
      tools: [],
      tool_choice: 'auto',
      max_output_tokens: 'inf',
    });
    expect(conversationConfig(FIRST, openAiModels)).toMatchObject({
      endpointing: { silenceMs: 500, confirmSpeech: true },
      recognition: { model: '', wordTimestamps: true },
    });
    expect(replyOptions(FIRST.response)).toEqual({ speak: true, voice: 'alloy', speed: 1 });
  });

  it('keep what an update leaves out', () => {
    const told = changed({
      instructions: 'Be brief.',
      output_modalities: ['text'],
      audio: {
        input: {
          transcription: { model: 'whisper-1', language: 'en' },
          turn_detection: { type: 'semantic_vad', eagerness: 'low', create_response: false },
        },
        output: { voice: { id: 'marin' }, speed: 1.2, format: { type: 'audio/pcma' } },
      },
    });
    expect(changed({}, told)).toEqual(told);
    expect(told).toMatchObject({ createsResponse: false, interruptsResponse: true, tellsTranscripts: true });
    expect(replyOptions(told.response)).toEqual({
      speak: false,
      voice: 'marin',
      speed: 1.2,
      instructions: 'Be brief.',
    });
    const manual = changed({ audio: { input: { turn_detection: null, transcription: null } } }, told);
    expect(manual).toMatchObject({
      input: { turnDetection: null, language: '' },
      tellsTranscripts: false,
      response: told.response,
    });
  });

  it('are read and shown by the names of the beta as well', () => {
    const session = {
      modalities: ['text', 'audio'],
      instructions: 'Be brief.',
      voice: 'echo',
      input_audio_format: 'g711_ulaw',
      output_audio_format: 'g711_alaw',
      input_audio_transcription: { model: 'whisper-1', language: 'en', prompt: '' },
      turn_detection: null,
    };
    const message = betaConversationMessageSchema.parse({ type: 'session.update', session });
    const beta = (message as { session: Parameters<typeof conversationOfBeta>[0] }).session;
    const settings = changedConversation(FIRST, INPUT, conversationOfBeta(beta));
    expect(betaConversationView('sess_1', settings)).toMatchObject({
      ...session,
      object: 'realtime.session',
    });
    expect(changedConversation(settings, INPUT, conversationOfBeta({}))).toEqual(settings);
    expect(betaConversationView('s', changed({ output_modalities: ['text'] }))).toMatchObject({
      modalities: ['text'],
      input_audio_transcription: null,
    });
  });

  it('give way to what one response is asked for with, by either name', () => {
    const beta = { modalities: ['text' as const], voice: 'sage', output_audio_format: 'g711_ulaw' as const };
    expect(changedResponse(FIRST.response, responseOptionsOf(beta))).toEqual({
      ...FIRST.response,
      speaks: false,
      voice: 'sage',
      format: 'audio/pcmu',
    });
    const options = { instructions: 'Greet.', audio: { output: { voice: 'ash' } } };
    expect(changedResponse(FIRST.response, responseOptionsOf(options))).toEqual({
      ...FIRST.response,
      instructions: 'Greet.',
      voice: 'ash',
    });
  });
});
