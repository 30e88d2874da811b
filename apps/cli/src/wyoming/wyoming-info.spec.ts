import { describe, expect, it } from '@jest/globals';
import { wyomingInfo, type GatewayOffer } from './wyoming-info.js';

const OFFER: GatewayOffer = {
  models: {
    data: [
      { id: 'whisper-1', root: 'whisper-tiny.en' },
      { id: 'whisper-tiny.en', root: 'whisper-tiny.en' },
      { id: 'whisper-base', root: 'whisper-base' },
      { id: 'tts-1' },
    ],
  },
  voices: {
    default: 'joe',
    voices: [
      { id: 'heart', engine: 'kokoro', language: 'en-US' },
      { id: 'joe', engine: 'piper', language: 'en-US' },
      { id: 'de', engine: 'espeak-ng', language: 'de' },
    ],
  },
  status: { languages: { recognition: ['de', 'en'] } },
};

const languagesOf = (offer: GatewayOffer, model?: string) =>
  wyomingInfo(offer, model).asr[0]?.models.map(({ name, languages }) => [name, languages]);

describe('the info of a gateway', () => {
  it('has its models with their languages, the default first, without the names that stand for it', () => {
    expect(languagesOf(OFFER)).toEqual([
      ['whisper-tiny.en', ['en']],
      ['whisper-base', ['de', 'en']],
    ]);
    expect(languagesOf(OFFER, 'whisper-base')).toEqual([['whisper-base', ['de', 'en']]]);
  });

  it.each([{}, { languages: { recognition: null } }, { languages: { recognition: 'any' as const } }])(
    'has every language of Whisper where the gateway does not know better: %j',
    (status) => {
      const [, [, languages] = []] = languagesOf({ ...OFFER, status }) ?? [];
      expect(languages).toEqual(expect.arrayContaining(['en', 'de', 'yue']));
    },
  );

  it('has its voices with their languages, the default first', () => {
    const [program] = wyomingInfo(OFFER).tts;
    expect(program?.voices.map(({ name, languages }) => [name, ...languages])).toEqual([
      ['joe', 'en-US'],
      ['heart', 'en-US'],
      ['de', 'de'],
    ]);
    expect(program).toMatchObject({ installed: true, supports_synthesize_streaming: true });
  });
});
