/** `/v1/learn` and `/v1/stream` against the whole platform. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { floatToPcm } from '@parlance/audio';
import type { LearnEvent, StreamEvent } from '@parlance/contracts';
import { accessToken, BAD_TOKENS } from '../support/access-token.js';
import { AsyncApiChannel } from '../support/asyncapi.js';
import { JsonSocket } from '../support/json-socket.js';
import { ListenClient } from '../support/listen-client.js';
import { API_KEY, Platform } from '../support/platform.js';
import { hum } from '../support/sounds.js';
import { READ_SPEECH, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const PAUSE = Buffer.alloc(32_000);
const START = {
  type: 'start_session',
  user_external_id: 'learner-7',
  mother_language: 'es',
  target_language: 'en',
  user_level: 'b1',
  teaching_mode: 'role-play',
  scenario_id: 'first-meeting',
};
const LETTER = 'It is of the first importance that the letter used should be fine in form.';
const BYTES_PER_SECOND = 32_000;
/** Of a disconnect: a second, and what a busy machine takes. */
const FREE_MS = 6_000;

// Machines that test are often busy.
jest.setTimeout(120_000);

let platform: Platform;
/** Of the AsyncAPI document, by the paths of their sockets. */
const channels = new Map<string, AsyncApiChannel>();
beforeAll(async () => {
  // One slot: a socket that keeps it is felt by the next test.
  platform = await Platform.start({ gateway: { PARLANCE_TENANT_CONCURRENCY: '1' } });
  for (const name of ['learn', 'stream'])
    channels.set(`/v1/${name}`, await AsyncApiChannel.load(platform.gateway.url, name));
}, 120_000);
afterAll(() => platform?.stop());

type LearnClient = JsonSocket<LearnEvent>;
type StreamClient = JsonSocket<StreamEvent>;
const clients: JsonSocket<LearnEvent | StreamEvent>[] = [];

/** Opens a socket once the last one's slot is free. */
async function learner(url = platform.gateway.url): Promise<LearnClient> {
  return until(async () => {
    const client = await JsonSocket.openAs<LearnEvent>('ana', url, '/v1/learn');
    clients.push(client as (typeof clients)[number]);
    const first = await until(() => client.events[0]);
    return first.type === 'welcome' ? client : undefined;
  }, 30_000);
}
async function streamer(token = API_KEY): Promise<StreamClient> {
  const client = await JsonSocket.open<StreamEvent>(platform.gateway.url, '/v1/stream');
  clients.push(client as (typeof clients)[number]);
  return client.send(token);
}
/** A stream whose token is known, once the last one's slot is free. */
async function streaming(token?: string): Promise<StreamClient> {
  return until(async () => {
    const client = await streamer(token);
    const first = await until(() => client.events[0]);
    return first.type === 'ready' ? client : undefined;
  }, 30_000);
}
async function begun(client: LearnClient, wishes: object = {}): Promise<string> {
  client.send({ ...START, ...wishes });
  return (await client.next('session_started')).session_id;
}

afterEach(() => {
  for (const client of clients.splice(0)) {
    client.socket.terminate();
    const channel = channels.get(client.path)!;
    for (const event of client.events) channel.received(event.type, event);
    // Bytes are a string to AsyncAPI.
    for (const message of client.sent)
      channel.sent(nameOf(message), Buffer.isBuffer(message) ? 'samples' : message);
    expect(channel.misfits.splice(0)).toEqual([]);
  }
  expect(platform.gateway.process.hasEnded).toBe(false);
});

/** Of a client's message, as the document has it. */
function nameOf(message: object | string | Buffer): string {
  if (Buffer.isBuffer(message)) return 'samples';
  return typeof message === 'string' ? 'token' : (message as { type: string }).type;
}

describe('a learning session', () => {
  it('from its start over a spoken turn with assessment and feedback to its summary', async () => {
    const client = await learner();
    expect(client.of('welcome')[0]).toMatchObject({
      audio: {
        input: { encoding: 'linear16', sample_rate: 16_000, channels: 1 },
        output: { encoding: 'linear16', sample_rate: 24_000, channels: 1 },
      },
    });
    const session = await begun(client, { assess: true, expected_text: LETTER });
    expect(client.of('session_started')[0]).toMatchObject({
      user_external_id: 'learner-7',
      // Of an earlier release's role-play.
      teaching_mode: 'conversation',
      user_level: 'B1',
      scenario_id: 'first-meeting',
      opening: expect.stringContaining('?'),
    });
    const speech = Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]);
    const half = speech.length / 2 - ((speech.length / 2) % 2);
    await client.speak(speech.subarray(0, half), 2);
    for (let at = half; at < speech.length; at += 32_000)
      client.send({ type: 'audio', data: speech.subarray(at, at + 32_000).toString('base64') });
    const complete = await client.next('turn_complete');
    expect(complete).toMatchObject({ status: 'answered', model: 'builtin-coach' });
    const finals = client.of('transcription').filter(({ is_final }) => is_final);
    expect(wordsOf(finals.map(({ text }) => text).join(' '))).toContain('letter');
    expect(client.of('transcription').some(({ is_final }) => !is_final)).toBe(true);
    // With scores, or with the reason why this machine has none.
    const { assessment } = await client.next('assessment');
    expect(assessment).toMatchObject({ mode: 'scripted', text: LETTER });
    expect(assessment.fluencyFacts!.speechRateWpm).toBeGreaterThan(60);
    const spoken = client.of('audio').filter(({ turn_id }) => turn_id === complete.turn_id);
    expect(spoken.map(({ index }) => index)).toEqual(spoken.map((_, index) => index));
    expect(spoken.map(({ text }) => text).join(' ')).toBe(complete.text);
    for (const { data, sample_rate, duration_ms } of spoken) {
      expect(sample_rate).toBe(24_000);
      // Encoders of MP3 pad.
      expect(Math.abs(Buffer.from(data, 'base64').length / 48 - duration_ms)).toBeLessThan(150);
    }
    client.send({ type: 'get_status' });
    expect(await client.next('status')).toMatchObject({ state: 'in_session', session_id: session });
    client.send({ type: 'end_session' });
    const { summary, session_id } = await client.next('session_ended');
    expect(session_id).toBe(session);
    expect(summary.turns).toBe(finals.length);
    expect(summary.words).toBeGreaterThan(10);
    expect(summary.duration_ms).toBeGreaterThan(2_000);
    expect(summary.speech_ms).toBeGreaterThan(2_000);
    expect(summary.mean_scores?.overall).toBeGreaterThan(0);
    expect(summary.turns_without_feedback).toBe(0);
    const rules = client.of('feedback').flatMap(({ report }) => report.errors.map(({ rule }) => rule));
    expect(Object.keys(summary.errors_by_rule).sort()).toEqual([...new Set(rules)].sort());
    expect(Object.values(summary.errors_by_rule).reduce((sum, count) => sum + count, 0)).toBe(rules.length);
    expect(client.of('feedback').map(({ turn_id }) => turn_id)).toContain(complete.turn_id);
    const turn = await platform.gateway.fetch(`/api/v1/turns/${complete.turn_id}`);
    // The socket still has the tenant's only slot.
    expect(turn.status).toBe(429);
  });

  it('pauses its reply for a short “mhm”: playback_paused, then playback_resumed', async () => {
    const client = await learner();
    await begun(client);
    await client.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]), 2);
    const { turn_id } = await client.next('audio');
    await client.speak(Buffer.concat([floatToPcm(hum()), PAUSE]), 2);
    expect(await client.next('playback_paused')).toEqual({ type: 'playback_paused', turn_id });
    expect(await client.next('playback_resumed')).toEqual({ type: 'playback_resumed', turn_id });
    expect(client.of('turn_complete').map(({ status }) => status)).not.toContain('interrupted');
  });

  it('offers teaching modes, languages and scenarios before it begins', async () => {
    const client = await learner();
    for (const type of ['get_teaching_modes', 'get_languages', 'get_scenarios', 'get_status'])
      client.send({ type });
    const { modes } = await client.next('teaching_modes');
    expect(modes.map(({ id }) => id)).toEqual([
      'assessment',
      'concept_learning',
      'conversation',
      'grammar',
      'pronunciation',
      'reading',
      'test_prep',
      'vocabulary',
    ]);
    const { languages } = await client.next('languages');
    expect(languages.find(({ code }) => code === 'en')).toEqual({
      code: 'en',
      name: 'English',
      native_name: 'English',
      has_recognition: true,
      has_voice: true,
    });
    const { scenarios } = await client.next('scenarios');
    expect(scenarios.find(({ id }) => id === 'first-meeting')?.goals.length).toBeGreaterThan(1);
    expect(await client.next('status')).toEqual({
      type: 'status',
      state: 'idle',
      turns: 0,
      words: 0,
      duration_ms: 0,
    });
  });

  it('answers each message at fault by an error that names it, and goes on', async () => {
    const client = await learner();
    const faults: [object | string | Buffer, string, string][] = [
      ['hello?', 'request.invalid', 'JSON'],
      [{ type: 'dance' }, 'request.invalid', 'type'],
      [{ ...START, shoe_size: 44 }, 'request.invalid', 'shoe_size'],
      [{ ...START, user_level: 'Z9' }, 'request.invalid', 'user_level'],
      [{ ...START, scenario_id: 'moon' }, 'request.invalid', 'scenario_id'],
      [{ ...START, teaching_mode: 'moon' }, 'request.invalid', 'teaching_mode'],
      [{ ...START, target_language: 'klingon' }, 'request.invalid', 'target_language'],
      [{ type: 'audio', data: 'AAAA' }, 'request.invalid', 'start_session'],
      [Buffer.alloc(100), 'request.invalid', 'start_session'],
      [{ type: 'end_session' }, 'request.invalid', 'start_session'],
    ];
    for (const [index, [message, code, name]] of faults.entries()) {
      client.send(message);
      const { error } = await client.next('error', index + 1);
      expect(error).toMatchObject({ code, message: expect.stringContaining(name) });
    }
    await begun(client);
    const within: [object | Buffer, string][] = [
      [START, 'request.invalid'],
      [{ type: 'audio', data: 'no base64!' }, 'request.invalid'],
      [{ type: 'audio', data: 'AAAA' }, 'audio.corrupt'],
      [Buffer.alloc(3), 'audio.corrupt'],
      [Buffer.alloc(0), 'audio.empty'],
      [Buffer.alloc(400_000), 'request.too_large'],
    ];
    for (const [index, [message, code]] of within.entries()) {
      client.send(message);
      expect((await client.next('error', faults.length + index + 1)).error.code).toBe(code);
    }
    client.send({ type: 'end_session' }).send({ type: 'end_session' });
    await client.next('session_ended');
    const again = await client.next('error', faults.length + within.length + 1);
    expect(again.error.message).toContain('start_session');
    expect(client.of('session_ended')).toHaveLength(1);
    await begun(client);
  });

  it('is closed by a client that sends nothing but faults, and by a frame that is too large', async () => {
    const noisy = await learner();
    for (let sent = 0; sent < 30; sent += 1) noisy.send('{');
    await expect(noisy.closed).resolves.toEqual({ code: 4400, reason: 'request.invalid' });
    const huge = await learner();
    huge.send(Buffer.alloc(2 * 1024 ** 2));
    expect((await huge.closed).code).toBe(1009);
  });

  it.each(BAD_TOKENS)('is refused to a token that %s, by status or by close code', async (_, token, code) => {
    const bad = await token();
    const refused = await ListenClient.refusal(platform.gateway.url, {}, bad, '/v1/learn');
    expect(refused).toMatchObject({ status: 401, error: { code } });
    const browser = await JsonSocket.open<LearnEvent>(platform.gateway.url, '/v1/learn', bad);
    await expect(browser.closed).resolves.toEqual({ code: 4401, reason: code });
    expect(browser.of('error')[0]?.error.code).toBe(code);
  });

  it('answers 10,000 messages in a second one after the other', async () => {
    const client = await learner();
    for (let sent = 0; sent < 10_000; sent += 1) client.send({ type: 'get_status' });
    await client.next('status', 10_000, 60_000);
    expect(client.of('error')).toEqual([]);
  });

  it('that is left in mid-sentence frees its slot, and its last words are a turn', async () => {
    const client = await learner();
    const session = await begun(client);
    await client.speak(speechPcm(READ_SPEECH.letter).subarray(0, 2 * BYTES_PER_SECOND), 4);
    await client.next('transcription');
    client.socket.terminate();
    const left = Date.now();
    await learner();
    expect(Date.now() - left).toBeLessThan(FREE_MS);
    for (const one of clients) one.socket.terminate();
    const stored = await until(async () => {
      const answer = await platform.gateway.fetch(`/api/v1/voice/sessions/${session}/turns`);
      const { turns } = (await answer.json()) as { turns?: { text: string }[] };
      return turns?.length ? turns : undefined;
    });
    expect(wordsOf(stored.map(({ text }) => text).join(' '))).toContain('first');
  });

  it('is ended with its summary by a gateway that is asked to stop', async () => {
    const leaving = await platform.startGateway();
    const client = await learner(leaving.url);
    await begun(client);
    await client.speak(speechPcm(READ_SPEECH.letter), 8);
    await client.next('transcription');
    const ended = leaving.process.end('SIGTERM');
    await expect(client.closed).resolves.toEqual({ code: 1012, reason: 'service.draining' });
    expect(client.of('session_ended')[0]?.summary.turns).toBeGreaterThan(0);
    expect(await ended).toBe(0);
  });

  it('goes on where its recognition dies', async () => {
    const client = await learner();
    await begun(client);
    await client.speak(speechPcm(READ_SPEECH.letter).subarray(0, 64_000), 8);
    await client.next('transcription');
    await platform.kill('inference');
    const { error } = await client.next('error');
    expect(error).toMatchObject({ code: 'inference.interrupted', retryable: true });
    await platform.startService('inference');
    await until(async () => {
      await client.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]), 8);
      return client.of('transcription').some(({ is_final }) => is_final);
    }, 60_000);
    expect(client.socket.readyState).toBe(1);
  });
});

describe('a stream of raw PCM', () => {
  it('gets a transcript every second while somebody speaks, and at its end a report', async () => {
    const client = await streaming(await accessToken('ben'));
    const { session_id } = await client.next('ready');
    await client.speak(speechPcm(READ_SPEECH.letter), 1);
    await client.speak(PAUSE, 2);
    client.send({ type: 'end' });
    expect(await client.closed).toEqual({ code: 1000, reason: '' });
    const [report] = client.of('report');
    expect(report).toMatchObject({ session_id, complete: true, unchecked: 0, models: ['builtin-coach'] });
    expect(wordsOf(report?.text ?? '')).toContain('letter');
    expect(report?.words).toBeGreaterThan(10);
    for (const { start, end, text } of report?.errors ?? [])
      expect(report?.text.slice(start, end)).toBe(text);
    const times = client.times.filter((_, index) => client.events[index]?.type === 'transcript');
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
    expect(times.length).toBeGreaterThan(3);
    expect(Math.max(...gaps)).toBeLessThan(1_200);
  });

  it('keeps its finals, also where the client only leaves', async () => {
    const client = await streaming();
    const { session_id } = await client.next('ready');
    await client.speak(speechPcm(READ_SPEECH.gothic), 8);
    client.socket.close();
    const turns = await until(async () => {
      const answer = await platform.gateway.fetch(`/api/v1/voice/sessions/${session_id}/turns`);
      const session = (await answer.json()) as { turns?: { text: string }[] };
      return session.turns?.length ? session.turns : undefined;
    });
    expect(wordsOf(turns.map(({ text }) => text).join(' '))).toContain('theological');
  });

  it('is closed where no token comes in time', async () => {
    const client = await JsonSocket.open<StreamEvent>(platform.gateway.url, '/v1/stream');
    const opened = Date.now();
    await expect(client.closed).resolves.toEqual({ code: 4401, reason: 'auth.missing_token' });
    expect(Date.now() - opened).toBeGreaterThan(4_500);
    expect(Date.now() - opened).toBeLessThan(7_000);
  });

  it.each([
    ['a token that nobody knows', 'wrong', 4401, 'auth.invalid_token'],
    ['an endless token', 'x'.repeat(10_000), 4401, 'auth.invalid_token'],
    ['audio before the token', Buffer.alloc(8_000), 4401, 'auth.missing_token'],
  ] as const)('is closed by %s', async (_, first, code, reason) => {
    const client = await JsonSocket.open<StreamEvent>(platform.gateway.url, '/v1/stream');
    client.send(first);
    await expect(client.closed).resolves.toEqual({ code, reason });
    expect(client.of('error')[0]?.error.code).toBe(reason);
  });

  it.each(BAD_TOKENS)('is closed by a token that %s', async (_, token, reason) => {
    const client = await streamer(await token());
    await expect(client.closed).resolves.toEqual({ code: 4401, reason });
  });

  it.each([
    ['half a sample', Buffer.alloc(8_001), 4422, 'audio.corrupt'],
    ['an empty frame', Buffer.alloc(0), 4400, 'audio.empty'],
    ['a frame of ten seconds', Buffer.alloc(320_000), 4413, 'request.too_large'],
    ['an unknown message', '{"type":"dance"}', 4400, 'request.invalid'],
  ] as const)('is closed by %s', async (_, message, code, reason) => {
    const client = await streaming();
    client.send(message);
    await expect(client.closed).resolves.toEqual({ code, reason });
  });

  it('reports once where it is ended twice', async () => {
    const client = await streaming();
    client.send({ type: 'end' }).send({ type: 'end' });
    expect((await client.closed).code).toBe(1000);
    expect(client.of('report')).toMatchObject([{ text: '', words: 0, complete: true }]);
  });

  it('is in the AsyncAPI document, as every socket is', async () => {
    const document = (await (await fetch(`${platform.gateway.url}/api/asyncapi.json`)).json()) as {
      channels: Record<string, { address: string }>;
    };
    const addresses = Object.values(document.channels).map(({ address }) => address);
    for (const address of addresses.filter((one) => one.startsWith('/v1/'))) {
      const refused = await ListenClient.refusal(platform.gateway.url, {}, 'wrong', address).catch(
        () => undefined,
      );
      // /v1/stream refuses nobody; the others say that the key is wrong, not that nothing is here.
      expect(refused?.status ?? 401).toBe(401);
    }
  });
});

describe('the AsyncAPI document', () => {
  it.each(['/v1/learn', '/v1/stream'])(
    'has no message of %s that the tests before did not exchange',
    (path) => {
      expect(channels.get(path)?.missing).toEqual([]);
    },
  );
});
