import { describe, expect, it } from '@jest/globals';
import { ttsSchema } from './tts.config.js';

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
});
