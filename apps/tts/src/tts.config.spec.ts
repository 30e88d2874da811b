import { describe, expect, it } from '@jest/globals';
import { PROVIDER_BREAKER } from '@parlance/resilience';
import { ttsSchema, type TtsConfig } from './tts.config.js';

describe('the environment of the speech service', () => {
  it.each([
    ['nothing', {}, false],
    ['a key', { AWS_ACCESS_KEY_ID: 'k' }, true],
    ['a profile', { AWS_PROFILE: 'p' }, true],
    ['a web identity', { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' }, true],
    ['a container role', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/' }, true],
  ])('tells whether AWS has credentials, by %s', (_, environment, hasCredentials) => {
    expect(ttsSchema.parse(environment).polly.hasCredentials).toBe(hasCredentials);
  });

  it.each<readonly [string, (config: TtsConfig) => unknown, unknown, string, unknown]>([
    ['PARLANCE_TTS_ENGINE', ({ engine }) => engine, 'auto', 'local', 'local'],
    ['PARLANCE_POLLY_MODEL', ({ polly }) => polly.model, 'neural', 'standard', 'standard'],
    ['PARLANCE_POLLY_VOICE', ({ polly }) => polly.defaultVoice, 'Joanna', 'Amy', 'Amy'],
    ['PARLANCE_LOCAL_VOICE', ({ localVoices }) => localVoices.defaultVoice, 'joe', 'af_heart', 'af_heart'],
    ['PARLANCE_REPLY_ENCODING', ({ speech }) => speech.replyEncoding, 'MP3', 'WAV', 'WAV'],
    ['PARLANCE_TTS_LIMIT_MS', ({ speech }) => speech.silenceLimitMs, 30_000, '900', 900],
    ['PARLANCE_TTS_ENGINE_LIMIT_MS', ({ speech }) => speech.engineLimitMs, 8_000, '900', 900],
    ['PARLANCE_TTS_IDLE_MS', ({ localVoices }) => localVoices.idleMs, 300_000, '900', 900],
    ['PARLANCE_SPEECH_CACHE_BYTES', ({ cache }) => cache.maxBytes, 10 * 1024 ** 3, '1000', 1_000],
    ['PARLANCE_SPEECH_CACHE_AGE', ({ cache }) => cache.maxAgeMs, 30 * 86_400_000, '2h', 7_200_000],
    [
      'PARLANCE_POLLY_BREAKER_FAILURES',
      ({ polly }) => polly.breaker,
      PROVIDER_BREAKER,
      '20',
      { ...PROVIDER_BREAKER, share: 0.2 },
    ],
    [
      'PARLANCE_POLLY_BREAKER_MIN_CALLS',
      ({ polly }) => polly.breaker,
      PROVIDER_BREAKER,
      '9',
      { ...PROVIDER_BREAKER, leastCalls: 9 },
    ],
    [
      'PARLANCE_POLLY_BREAKER_WINDOW_MS',
      ({ polly }) => polly.breaker,
      PROVIDER_BREAKER,
      '900',
      { ...PROVIDER_BREAKER, withinMs: 900 },
    ],
    [
      'PARLANCE_POLLY_BREAKER_HALF_OPEN_MS',
      ({ polly }) => polly.breaker,
      PROVIDER_BREAKER,
      '900',
      { ...PROVIDER_BREAKER, halfOpenAfterMs: 900 },
    ],
  ])('%s is read, and has its default', (name, setting, standard, value, expected) => {
    const read = (environment: object) => setting(ttsSchema.parse(environment));
    expect([read({}), read({ [name]: value })]).toEqual([standard, expected]);
  });
});
