import { describe, expect, it } from '@jest/globals';
import { ConfigurationError, loadConfig } from '@parlance/config';
import { telegramSchema, type TelegramConfig } from './telegram.config.js';

const TOKEN = '4242:test-token_of-the-bot-0123456789';
const REQUIRED = { TELEGRAM_BOT_TOKEN: TOKEN, PARLANCE_API_KEY: 'pk' };

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    loadConfig(telegramSchema, environment);
    return [];
  } catch (error) {
    return (error as ConfigurationError).faults;
  }
}

describe('the configuration of the Telegram bot', () => {
  it('needs a token and a key, and polls where no webhook is named', () => {
    const config = loadConfig(telegramSchema, REQUIRED);
    expect(config.webhook).toBeUndefined();
    expect(config.telegram).toEqual({ token: TOKEN, bot: '4242', apiRoot: 'https://api.telegram.org' });
    expect(faultsOf({})).toEqual([
      expect.stringContaining('TELEGRAM_BOT_TOKEN'),
      expect.stringContaining('PARLANCE_API_KEY'),
    ]);
  });

  it('takes a webhook only with its secret', () => {
    const url = { PARLANCE_TELEGRAM_WEBHOOK_URL: 'https://bot.example.org/' };
    expect(faultsOf({ ...REQUIRED, ...url })).toEqual([
      'PARLANCE_TELEGRAM_WEBHOOK_SECRET: is needed where PARLANCE_TELEGRAM_WEBHOOK_URL is set',
    ]);
    const secret = { PARLANCE_TELEGRAM_WEBHOOK_SECRET: 'sixteen-letters-at-least' };
    expect(loadConfig(telegramSchema, { ...REQUIRED, ...url, ...secret }).webhook).toEqual({
      url: 'https://bot.example.org/telegram/webhook',
      secret: 'sixteen-letters-at-least',
    });
  });

  it('never says a token that is not one', () => {
    const faults = faultsOf({ ...REQUIRED, TELEGRAM_BOT_TOKEN: 'my-secret' });
    expect(faults).toHaveLength(1);
    expect(faults.join()).not.toContain('my-secret');
  });

  it('refuses a time zone that does not exist', () => {
    expect(faultsOf({ ...REQUIRED, PARLANCE_TELEGRAM_TIME_ZONE: 'Europe/Atlantis' })).toEqual([
      'PARLANCE_TELEGRAM_TIME_ZONE: must be an IANA time zone',
    ]);
  });

  it.each<readonly [string, (config: TelegramConfig) => unknown, unknown, string, unknown]>([
    ['PARLANCE_HTTP_HOST', ({ http }) => http.host, '127.0.0.1', '0.0.0.0', '0.0.0.0'],
    ['PARLANCE_HTTP_PORT', ({ http }) => http.port, 8_086, '9', 9],
    ['PARLANCE_OPS_PORT', ({ ops }) => ops.port, 8_084, '9', 9],
    ['PARLANCE_TELEGRAM_VOICES', ({ limits }) => limits.voices, 4, '9', 9],
    ['PARLANCE_TELEGRAM_VOICE_QUEUE', ({ limits }) => limits.voiceQueue, 32, '9', 9],
    ['PARLANCE_TELEGRAM_VOICES_PER_HOUR', ({ limits }) => limits.voicesPerHour, 30, '9', 9],
    ['PARLANCE_TELEGRAM_MESSAGES_PER_MINUTE', ({ limits }) => limits.messagesPerMinute, 30, '9', 9],
    ['PARLANCE_TELEGRAM_MAX_OPEN_UPDATES', ({ updates }) => updates.maxOpen, 5_000, '9', 9],
    ['PARLANCE_TELEGRAM_LEASE_MS', ({ updates }) => updates.leaseMs, 15_000, '900', 900],
    ['PARLANCE_TELEGRAM_ANSWER_LIMIT_MS', ({ platform }) => platform.answerLimitMs, 120_000, '900', 900],
    ['PARLANCE_TELEGRAM_TIME_ZONE', ({ timeZone }) => timeZone, 'UTC', 'Europe/Paris', 'Europe/Paris'],
  ])('%s is read, and has its default', (name, setting, standard, value, expected) => {
    const read = (environment: object) =>
      setting(loadConfig(telegramSchema, { ...REQUIRED, ...environment }));
    expect([read({}), read({ [name]: value })]).toEqual([standard, expected]);
  });
});
