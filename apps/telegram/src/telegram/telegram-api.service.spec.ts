import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { InputFile } from 'grammy';
import { inspect } from 'node:util';
import type { Logger } from '@parlance/telemetry';
import { freePort } from '../../../../test/support/free-port.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { TelegramServer } from '../../../../test/support/telegram.js';
import { SecretText, TelegramApi } from './telegram-api.service.js';

const { token } = TelegramServer;
const MiB = 1024 ** 2;

describe('the Bot API client', () => {
  let server: TelegramServer;
  let api: TelegramApi;
  let nowhere: string;
  beforeAll(async () => {
    nowhere = `http://127.0.0.1:${await freePort()}`;
    server = await TelegramServer.start();
  });
  beforeEach(() => {
    server.next.clear();
    server.calls.length = 0;
    api = apiAt(server.url);
  });
  afterAll(() => server.stop());

  const apiAt = (apiRoot: string, withToken = token): TelegramApi =>
    new TelegramApi({ telegram: { token: withToken, bot: '4242', apiRoot } }, silentLogger as Logger);

  const faultOf = (work: Promise<unknown>): Promise<Record<string, unknown>> =>
    work.then(
      () => Promise.reject(new Error('it succeeded')),
      (error: unknown) => error as Record<string, unknown>,
    );

  it('waits as long as Telegram asks, and then succeeds', async () => {
    server.fail('sendMessage', { status: 429, retryAfterSeconds: 1 });
    const begun = Date.now();
    await api.methods.sendMessage(7, 'hello');
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1_000);
    expect(server.sentTo(7).map(({ text }) => text)).toEqual(['hello', 'hello']);
  });

  it('hands a long pause to the caller, with its length', async () => {
    server.fail('sendMessage', { status: 429, retryAfterSeconds: 60 });
    expect(await faultOf(api.methods.sendMessage(7, 'hello'))).toMatchObject({
      code: 'quota.exceeded',
      retryAfterSeconds: 60,
    });
    expect(server.calls).toHaveLength(1);
  });

  it('tries again where the server fails or a connection breaks', async () => {
    server.fail('sendMessage', { status: 502 }, 'cut');
    await api.methods.sendMessage(7, 'hello');
    expect(server.calls).toHaveLength(3);
  });

  it('does not repeat what Telegram refuses', async () => {
    server.fail('sendMessage', { status: 403, description: 'Forbidden: bot was blocked by the user' });
    expect(await faultOf(api.methods.sendMessage(7, 'hello'))).toMatchObject({
      code: 'request.invalid',
      retryable: false,
    });
    expect(server.calls).toHaveLength(1);
  });

  it('sends files as forms', async () => {
    await api.methods.sendVoice(7, new InputFile(Buffer.from('OggS…'), 'example.ogg'));
    expect(server.voicesTo(7)).toEqual([Buffer.from('OggS…')]);
  });

  it('downloads a file, but none that is too large', async () => {
    server.voice(7, Buffer.alloc(3 * MiB, 1));
    const signal = new AbortController().signal;
    expect((await api.download('voice-1', 3 * MiB, signal)).length).toBe(3 * MiB);
    expect(await faultOf(api.download('voice-1', MiB, signal))).toMatchObject({ code: 'request.too_large' });
    expect(await faultOf(api.download('nothing', MiB, signal))).toMatchObject({ code: 'request.invalid' });
    server.fail('download', 'cut', { status: 500 });
    expect((await api.download('voice-1', 3 * MiB, signal)).length).toBe(3 * MiB);
  });

  it('tells a token that Telegram refuses from a Telegram that is away', async () => {
    expect(await faultOf(apiAt(server.url, '4242:another-token-of-the-bot').me())).toMatchObject({
      code: 'auth.invalid_token',
    });
    expect(await faultOf(apiAt(nowhere).me())).toMatchObject({ code: 'upstream.unavailable' });
    expect(api.isKnown).toBe(false);
    await api.me();
    expect(api.isKnown).toBe(true);
  });

  it('never lets the token into a fault', async () => {
    server.fail('sendMessage', { status: 400, description: `Bad Request: https://x/bot${token}/y` });
    server.fail('download', { status: 404 }, { status: 404 }, { status: 404 });
    const away = apiAt(nowhere);
    const faults = await Promise.all([
      faultOf(api.methods.sendMessage(7, 'hello')),
      faultOf(api.download('voice-1', MiB * 9, new AbortController().signal)),
      faultOf(away.me()),
      faultOf(away.download('voice-1', MiB, new AbortController().signal)),
    ]);
    for (const fault of faults) expect(inspect(fault, { depth: 10 })).not.toContain(token.split(':')[1]);
  });

  it('is left by a caller that leaves', async () => {
    server.fail('getUpdates', 'hang');
    const stop = new AbortController();
    const poll = faultOf(api.methods.getUpdates({}, stop.signal as never));
    setTimeout(() => stop.abort(), 30);
    expect(await poll).toMatchObject({ code: 'request.cancelled' });
  });
});

describe('a secret text', () => {
  it('leaves texts and errors with their causes, as written and as in addresses', () => {
    const secret = new SecretText(token);
    expect(secret.scrub(`a ${token} b ${encodeURIComponent(token)}`)).toBe('a [token] b [token]');
    const error = new Error('outer', {
      cause: Object.assign(new Error(`to /bot${token}/x`), { error: 'inner' }),
    });
    const scrubbed = secret.scrubError(error);
    expect(scrubbed.message).toBe('Error: outer <- Error: to /bot[token]/x <- inner');
    expect(secret.scrubError('plain').message).toBe('plain');
  });
});
