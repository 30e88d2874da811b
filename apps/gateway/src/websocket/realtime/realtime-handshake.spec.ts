import { describe, expect, it } from '@jest/globals';
import { isConversationModel, keyAmongSubprotocols, readHandshake } from './realtime-handshake.js';

const read = (query: string, headers: Record<string, string> = {}) =>
  readHandshake(headers, new URLSearchParams(query), ['gpt-4o-mini-transcribe', 'whisper-base']);

describe('the request that opens /v1/realtime', () => {
  it.each([
    ['intent=transcription', true],
    ['intent=transcription&model=gpt-realtime', true],
    ['model=gpt-4o-mini-transcribe', true],
    ['model=whisper-base', true],
    ['model=gpt-realtime', false],
    ['', false],
  ])('with "%s" asks for transcription: %s', (query, isTranscription) => {
    expect(read(query).isTranscription).toBe(isTranscription);
  });

  it.each([
    ['', true],
    ['gpt-realtime', true],
    ['gpt-realtime-mini-2025-12-15', true],
    ['gpt-4o-realtime-preview', true],
    ['gpt-4o-mini-realtime-preview-2024-12-17', true],
    ['gpt-audio-1.5', true],
    ['gpt-5', false],
    ['llama', false],
  ])('may name "%s" for a conversation: %s', (model, may) => {
    expect(isConversationModel(model)).toBe(may);
  });

  it('is of the beta by its header, or by its subprotocol in a browser', () => {
    expect(read('', { 'openai-beta': 'realtime=v1' }).isBeta).toBe(true);
    expect(read('', { 'sec-websocket-protocol': 'realtime, openai-beta.realtime-v1' }).isBeta).toBe(true);
    expect(read('', { 'sec-websocket-protocol': 'realtime' }).isBeta).toBe(false);
  });

  it('may have the key among its subprotocols', () => {
    const header = 'realtime, openai-insecure-api-key.pk_1, openai-beta.realtime-v1';
    expect(keyAmongSubprotocols({ 'sec-websocket-protocol': header })).toBe('pk_1');
    expect(keyAmongSubprotocols({ 'sec-websocket-protocol': 'realtime' })).toBeUndefined();
  });

  it('is refused where it has a parameter that is no option', () => {
    const refusal = { code: 'request.invalid', message: expect.stringContaining('call_id') };
    expect(() => read('call_id=rtc_1')).toThrow(expect.objectContaining(refusal));
    expect(() => read('intent=dance')).toThrow('intent');
  });
});
