import { describe, expect, it } from '@jest/globals';
import { LONGEST_TEXT, speechOrder } from './speech-order.js';

const asked = { text: ' Hello. ', voice: 'nova', encoding: 'SPEECH_ENCODING_FLAC', speed: 0 };

describe('a speech order', () => {
  it('takes the text without its margins and speed 0 for the usual one', () => {
    expect(speechOrder(asked)).toMatchObject({
      text: 'Hello.',
      voice: 'nova',
      encoding: { name: 'FLAC' },
      speed: 1,
    });
  });

  it('is MP3 when no encoding is named', () => {
    expect(speechOrder({ ...asked, encoding: 'SPEECH_ENCODING_UNSPECIFIED' }).encoding.contentType).toBe(
      'audio/mpeg',
    );
  });

  it('counts characters as people do, and reads languages as every API does', () => {
    expect(speechOrder({ ...asked, text: `${'😀'.repeat(LONGEST_TEXT - 1)}a` }).text).toContain('😀a');
    expect(speechOrder({ ...asked, language: 'pt_br' }).language).toBe('pt-BR');
    expect(speechOrder({ ...asked, language: 'Spanish' }).language).toBe('es');
    expect(speechOrder({ ...asked, language: 'auto' }).language).toBe('');
  });

  it.each([
    [{ text: '\n' }, 'request.invalid'],
    [{ text: 'a'.repeat(LONGEST_TEXT + 1) }, 'speech.text_too_long'],
    [{ text: '😀'.repeat(LONGEST_TEXT + 1) }, 'speech.text_too_long'],
    [{ encoding: 'toString' }, 'request.invalid'],
    [{ text: '<speak>Hello.</speak>' }, 'speech.ssml_unsupported'],
    [{ text: '<?xml version="1.0"?> <SPEAK>Hello.</SPEAK>' }, 'speech.ssml_unsupported'],
    [{ language: 'not a language' }, 'request.invalid'],
    [{ speed: 0.2 }, 'request.invalid'],
    [{ speed: Number.NaN }, 'request.invalid'],
  ])('refuses %j as %s', (overrides, code) => {
    let fault: unknown;
    try {
      speechOrder({ ...asked, ...overrides });
    } catch (error) {
      fault = error;
    }
    expect(fault).toMatchObject({ code });
  });
});
