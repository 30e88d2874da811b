import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { probeAudio } from '../support/audio-probe.js';
import { freePort } from '../support/free-port.js';
import { NO_MODELS } from '../support/models.js';
import { API_KEY, Platform } from '../support/platform.js';
import { ServiceProcess } from '../support/service-process.js';
import { READ_SPEECH, speechFile, wordsOf } from '../support/speech-samples.js';
import { TelegramServer, type SentMessage, type TelegramUpdate } from '../support/telegram.js';
import { until } from '../support/until.js';

// Machines that test are often busy.
jest.setTimeout(120_000);

const SECRET = 'a-secret-of-the-webhook';
const WEBHOOK = {
  PARLANCE_TELEGRAM_WEBHOOK_URL: 'https://bot.example.org',
  PARLANCE_TELEGRAM_WEBHOOK_SECRET: SECRET,
};
const SPEECH = readFileSync(speechFile(READ_SPEECH.letter));

describe('the Telegram bot', () => {
  let platform: Platform;
  let telegram: TelegramServer;
  let bots: ServiceProcess[] = [];
  const webhooks = new Map<ServiceProcess, string>();
  let ended: ServiceProcess[] = [];
  let database = 0;
  let user = 100;

  beforeAll(async () => {
    platform = await Platform.start({ tts: NO_MODELS });
  });
  beforeEach(async () => {
    telegram = await TelegramServer.start();
    database += 1;
    user += 1;
  });
  afterEach(async () => {
    await Promise.all(bots.map((bot) => bot.end('SIGTERM')));
    const secret = TelegramServer.token.split(':')[1]!;
    for (const bot of [...bots, ...ended]) expect(JSON.stringify(bot.log) + bot.errors).not.toContain(secret);
    bots = [];
    ended = [];
    await telegram.stop();
  });
  afterAll(() => platform?.stop());

  async function startBot(environment: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const port = await freePort();
    const bot = await ServiceProcess.start('telegram', {
      PARLANCE_HTTP_PORT: String(port),
      TELEGRAM_BOT_TOKEN: TelegramServer.token,
      TELEGRAM_API_ROOT: telegram.url,
      PARLANCE_URL: platform.gateway.url,
      PARLANCE_API_KEY: API_KEY,
      MONGODB_URI: platform.documents.uri(`telegram${database}`),
      PARLANCE_TELEGRAM_LEASE_MS: '2000',
      ...environment,
    });
    bots.push(bot);
    webhooks.set(bot, `http://127.0.0.1:${port}/telegram/webhook`);
    return bot;
  }

  const post = (bot: ServiceProcess, update: TelegramUpdate, secret = SECRET): Promise<Response> =>
    fetch(webhooks.get(bot)!, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-telegram-bot-api-secret-token': secret },
      body: JSON.stringify(update),
    });

  /** The first message to the user that has the words, once it is sent. */
  const told = (words: string, to = user): Promise<SentMessage> =>
    until(() => telegram.sentTo(to).find(({ text }) => text.includes(words)), 60_000);
  const timesTold = (words: string): number =>
    telegram.sentTo(user).filter(({ text }) => text.includes(words)).length;

  it('answers a voice message by score, transcript, corrections and a spoken example, in long polling', async () => {
    await startBot();
    telegram.push(telegram.message(user, { text: '/start' }));
    await told('/task');
    telegram.push(telegram.message(user, { text: '/task@practice_bot' }));
    expect((await told('Task 1 of')).text).toContain('Prepare for 30 seconds');
    telegram.push(telegram.voice(user, SPEECH));
    const { text } = await told('Score:');
    expect(text).toMatch(/Score: \d+ of 100/);
    expect(wordsOf(text)).toEqual(expect.arrayContaining(['letter', 'importance', 'fluency']));
    const spoken = await until(() => telegram.voicesTo(user)[0], 30_000);
    expect(probeAudio(spoken)).toMatchObject({ format: 'ogg', codec: 'opus' });
    expect(probeAudio(spoken).seconds).toBeGreaterThan(1);

    telegram.push(telegram.message(user, { text: '/history' }));
    expect((await told('page 1 of 1')).text).toContain('letter');
    telegram.push(telegram.message(user, { text: '/streak' }));
    expect((await told('in a row')).text).toContain('1 day in a row');
    telegram.push(telegram.message(user, { text: '/task' }));
    await told('Task 2 of');
  });

  it('works on an update once, though two replicas get it twice each', async () => {
    const replicas = [await startBot(WEBHOOK), await startBot(WEBHOOK)];
    expect(telegram.calls.find(({ method }) => method === 'setWebhook')?.fields).toMatchObject({
      url: 'https://bot.example.org/telegram/webhook',
      secret_token: SECRET,
      allowed_updates: ['message', 'callback_query'],
    });
    await post(replicas[0]!, telegram.message(user, { text: '/task' }));
    await told('Task 1 of');
    const update = telegram.voice(user, SPEECH);
    const answers = await Promise.all([...replicas, ...replicas].map((replica) => post(replica, update)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await until(() => telegram.voicesTo(user).length > 0, 60_000);
    await post(replicas[1]!, update);
    await post(replicas[1]!, telegram.message(user, { text: '/streak' }));
    await told('in a row');
    expect([timesTold('Score:'), telegram.voicesTo(user).length]).toEqual([1, 1]);
  });

  it('loses nothing when a replica is killed with an answer in its hands', async () => {
    const first = await startBot(WEBHOOK);
    await post(first, telegram.message(user, { text: '/task' }));
    await told('Task 1 of');
    // Before it is worked on, and after the result was told.
    telegram.fail('getFile', 'hang');
    telegram.fail('sendVoice', 'hang');
    expect((await post(first, telegram.voice(user, SPEECH))).status).toBe(200);
    await until(() => telegram.calls.some(({ method }) => method === 'getFile'));
    await kill(first);
    const second = await startBot(WEBHOOK);
    await told('Score:');
    await until(() => telegram.calls.some(({ method }) => method === 'sendVoice'), 30_000);
    await kill(second);
    await startBot(WEBHOOK);
    await until(() => telegram.calls.filter(({ method }) => method === 'sendVoice').length === 2, 30_000);
    expect(timesTold('Score:')).toBe(1);
  });

  it('goes on polling where another replica stopped, and keeps what came meanwhile', async () => {
    const replicas = [await startBot(), await startBot()];
    const poller = await until(() =>
      replicas.find(({ log }) => log.some(({ msg }) => msg === 'this replica polls')),
    );
    telegram.push(telegram.message(user, { text: '/help' }));
    await told('microphone');
    const polls = telegram.calls.filter(({ method }) => method === 'getUpdates').length;
    expect(polls).toBeLessThanOrEqual(3);
    await kill(poller);
    telegram.push(telegram.message(user, { text: '/streak' }));
    await told('0 days in a row');
    expect(timesTold('0 days in a row')).toBe(1);
  });

  it('takes updates from nobody but Telegram', async () => {
    const bot = await startBot(WEBHOOK);
    const update = telegram.message(user, { text: '/start' });
    expect((await post(bot, update, 'another-secret-here')).status).toBe(401);
    expect((await fetch(webhooks.get(bot)!, { method: 'POST' })).status).toBe(401);
    expect((await post(bot, { update_id: -1 })).status).toBe(400);
    await post(bot, update);
    await told('Welcome');
    expect(telegram.sentTo(user)).toHaveLength(1);
  });

  it('takes Telegram’s posts on one port, and has probes and metrics on another', async () => {
    const bot = await startBot(WEBHOOK);
    const webhook = webhooks.get(bot)!;
    expect((await post(bot, telegram.message(user, { text: '/start' }))).status).toBe(200);
    for (const path of ['/metrics', '/readyz', '/livez'])
      expect([
        (await fetch(new URL(path, webhook))).status,
        (await fetch(`${bot.opsUrl}${path}`)).status,
      ]).toEqual([404, 200]);
    const onOps = await fetch(`${bot.opsUrl}/telegram/webhook`, { method: 'POST', body: '{}' });
    expect(onOps.status).toBe(404);
    // Who polls takes no posts.
    const poller = await startBot();
    await expect(post(poller, telegram.message(user, { text: '/start' }))).rejects.toThrow();
  });

  it('refuses politely what is no answer, and what is too much', async () => {
    const bot = await startBot({
      ...WEBHOOK,
      PARLANCE_TELEGRAM_VOICES_PER_HOUR: '1',
      PARLANCE_TELEGRAM_MESSAGES_PER_MINUTE: '12',
    });
    const send = (update: TelegramUpdate): Promise<Response> => post(bot, update);
    await send(telegram.voice(user, SPEECH));
    await told('no task yet');
    await send(telegram.message(user, { text: '/task' }));
    await told('Task 1 of');
    const file = { file_id: 'x', file_unique_id: 'x', duration: 3, length: 100, width: 1, height: 1 };
    const refused: readonly [object, string][] = [
      [{ text: 'My answer is yes.' }, 'I need to listen to you'],
      [{ video_note: file }, 'audio files and video messages do not count'],
      [{ audio: file }, 'audio files and video messages do not count'],
      [{ voice: { ...file, duration: 121 } }, 'below 120 seconds'],
      [{ voice: { ...file, file_size: 21 * 1024 ** 2 } }, 'up to 20 MB'],
      [{ voice: file, forward_origin: { type: 'hidden_user', date: 1, sender_user_name: 'x' } }, 'forwarded'],
    ];
    for (const [content, words] of refused) {
      const before = timesTold(words);
      await send(telegram.message(user, { ...content }));
      await until(() => timesTold(words) > before);
    }
    await send(telegram.voice(user, Buffer.from('this is no sound at all')));
    await told('could not read this recording');
    await send(telegram.voice(user, SPEECH));
    await told('1 answers of this hour');
    await send(telegram.message(user, { text: '/start' }, 'group'));
    await told('private chat', -user);
    const tooMany = 'a lot of messages';
    for (let more = 0; more < 30 && timesTold(tooMany) === 0; more += 1) {
      const before = telegram.sentTo(user).length;
      await send(telegram.message(user, { text: 'again' }));
      await until(() => telegram.sentTo(user).length > before);
    }
    for (let more = 0; more < 3; more += 1) await send(telegram.message(user, { text: 'and again' }));
    await send(telegram.message(user + 50, { text: '/start' }));
    await told('Welcome', user + 50);
    expect(timesTold('a lot of messages')).toBe(1);
  });

  it('says in plain words when the platform is away, and when it is asked again', async () => {
    const bot = await startBot({ ...WEBHOOK, PARLANCE_URL: `http://127.0.0.1:${await freePort()}` });
    await post(bot, telegram.message(user, { text: '/task' }));
    await told('Task 1 of');
    await post(bot, telegram.voice(user, SPEECH));
    await told('send it again in about 2 seconds');
  });

  it('writes in the language and counts in the time zone that are asked for, and forgets on demand', async () => {
    const bot = await startBot(WEBHOOK);
    const send = (update: TelegramUpdate): Promise<Response> => post(bot, update);
    await send(telegram.message(user, { text: '/language' }));
    expect((await told('which language')).buttons.map(({ callback_data }) => callback_data)).toEqual([
      'language:en',
      'language:de',
      'language:es',
    ]);
    await send(telegram.press(user, 'language:de'));
    await told('auf Deutsch');
    await send(telegram.message(user, { text: '/timezone Atlantis/Capital' }));
    await told('/timezone Europe/Berlin');
    await send(telegram.message(user, { text: '/timezone Asia/Tokyo' }));
    await told('von nun an in Asia/Tokyo');
    await send(telegram.message(user, { text: '/stop' }));
    expect((await told('Einstellungen löschen')).buttons.map(({ callback_data }) => callback_data)).toEqual([
      'stop:yes',
      'stop:no',
    ]);
    await send(telegram.press(user, 'stop:yes'));
    await told('gelöscht. Schicke');
    await send(telegram.message(user, { text: '/streak' }));
    expect((await told('in a row')).text).toContain('UTC');
  });

  it('does not start with a token that Telegram refuses', async () => {
    const start = startBot({ TELEGRAM_BOT_TOKEN: '4242:this-is-another-token-here' });
    await expect(start).rejects.toThrow('Telegram refuses TELEGRAM_BOT_TOKEN');
  });

  async function kill(bot: ServiceProcess): Promise<void> {
    bots = bots.filter((one) => one !== bot);
    ended.push(bot);
    await bot.end('SIGKILL');
  }
});
