/** parlance.voice.v1.Conversation against the whole platform, by grpc-js. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { floatToPcm } from '@parlance/audio';
import { accessToken, BAD_TOKENS } from '../support/access-token.js';
import { ConverseClient, type ConverseStream } from '../support/converse-client.js';
import { HealthWatch } from '../support/health-watch.js';
import { OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { READ_SPEECH, opusPackets, speechPcm, wordsOf } from '../support/speech-samples.js';
import { coughs, hum } from '../support/sounds.js';
import { until } from '../support/until.js';

const PAUSE = Buffer.alloc(32_000);
const LETTER = Buffer.concat([speechPcm(READ_SPEECH.letter), PAUSE]);
const BYTES_PER_SECOND = 32_000;
/** Of a call that is left: a second, and what a busy machine takes. */
const FREE_MS = 6_000;

const STATUS = {
  ok: 0,
  cancelled: 1,
  invalid: 3,
  deadline: 4,
  notFound: 5,
  exhausted: 8,
  aborted: 10,
  unavailable: 14,
  unauthenticated: 16,
} as const;

// Machines that test are often busy.
jest.setTimeout(120_000);

let platform: Platform;
let api: ConverseClient;
beforeAll(async () => {
  // One slot: a call that keeps it is felt by the next test.
  platform = await Platform.start({
    gateway: { PARLANCE_TENANT_CONCURRENCY: '1', PARLANCE_LISTEN_IDLE_MS: '5000' },
  });
  api = new ConverseClient(platform.gateway.grpcAddress);
}, 120_000);
afterAll(async () => {
  api?.close();
  await platform?.stop();
});
afterEach(() => expect(platform.gateway.process.hasEnded).toBe(false));

/** A call that is admitted, once the last one's slot is free. */
async function admitted(config = {}, client = api, token?: string): Promise<ConverseStream> {
  return until(async () => {
    const stream = client.open({ token }).configure(config);
    const outcome = await Promise.race([stream.ended, stream.next('started').catch(() => undefined)]);
    return outcome && 'sessionId' in outcome ? stream : undefined;
  }, 10_000);
}

/** A call whose reply is paused by somebody who speaks, and how many endpoints it had told before. On a busy machine a reply may end
 *  before that is known: then another one is spoken over. */
async function spokenOver(): Promise<{ stream: ConverseStream; turnId: string; endpoints: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const stream = await admitted();
    await stream.speak(LETTER);
    const { turnId } = await stream.next('audio');
    const endpoints = stream.of('endpoint').length;
    await stream.speak(speechPcm(READ_SPEECH.gothic).subarray(0, 2 * BYTES_PER_SECOND), 1);
    const paused = await stream.next('paused', 10_000).catch(() => undefined);
    if (paused || attempt === 3) return { stream, turnId, endpoints };
    stream.call.cancel();
    await stream.ended;
  }
}

describe('a Converse call', () => {
  it('gives interims, finals, scores, the turn, its reply as text and audio, and feedback; half-closed it ends well', async () => {
    const stream = await admitted();
    await stream.speak(LETTER, 3);
    expect(await stream.end()).toMatchObject({ status: STATUS.ok });
    const results = stream.of('result');
    expect(results.some(({ isFinal }) => !isFinal)).toBe(true);
    expect(wordsOf(stream.text)).toContain('letter');
    expect(results.find(({ isFinal }) => isFinal)?.scores?.overall).toBeGreaterThan(0);
    expect(stream.of('endpoint').length).toBeGreaterThan(1);
    expect(stream.of('summary')[0]?.audioMs).toBeGreaterThan(4_000);
    const finals = results.filter(({ isFinal }) => isFinal);
    expect(stream.of('taken').map(({ utteranceId }) => utteranceId)).toEqual(
      finals.map(({ utteranceId }) => utteranceId),
    );
    const [taken] = stream.of('taken');
    const replied = stream.of('replied').find(({ turnId }) => turnId === taken?.turnId);
    expect(replied?.model).toBe('builtin-coach');
    const about = <T extends { turnId: string }>(events: T[]): T[] =>
      events.filter(({ turnId }) => turnId === taken?.turnId);
    expect(
      about(stream.of('sentence'))
        .map(({ text }) => text)
        .join(' '),
    ).toBe(replied?.text);
    const audio = about(stream.of('audio'));
    expect(audio.map(({ index }) => index)).toEqual(
      Array.from({ length: replied?.sentences ?? 0 }, (_, i) => i),
    );
    for (const one of audio) {
      expect(one.contentType).toBe('audio/mpeg');
      expect(one.audio.length).toBeGreaterThan(1_000);
      expect(one.durationMs).toBeGreaterThan(100);
    }
    expect(about(stream.of('feedback'))[0]).toMatchObject({ model: 'builtin-coach', makesSense: true });
    // In the order of the session.
    const sequences = stream.events.map(({ sequence }) => sequence).filter((one) => one > 0);
    expect(sequences).toEqual([...sequences].sort((one, other) => one - other));
  });

  it('gives replies as 24 kHz PCM, takes Opus, and goes on in its session where it left off', async () => {
    const first = await admitted({ reply: { textOnly: true } });
    await first.speak(LETTER);
    expect((await first.end()).status).toBe(STATUS.ok);
    expect(first.of('audio')).toEqual([]);
    const { sessionId: session } = first.of('started')[0]!;
    const seen = first.events.filter(({ sequence }) => sequence > 0);
    const after = seen[0]!.sequence;
    const audio = { encoding: 'AUDIO_ENCODING_OPUS', sampleRateHz: 0, channels: 1 } as const;
    const second = await admitted({
      session,
      after,
      speech: { recognition: { audio } },
      reply: { encoding: 'REPLY_ENCODING_PCM_S16LE' },
    });
    for (const packet of opusPackets(READ_SPEECH.gothic)) second.write({ audio: packet });
    second.write({ control: 'CONVERSE_CONTROL_FINALIZE' });
    expect((await second.end()).status).toBe(STATUS.ok);
    expect(second.of('started')[0]?.sessionId).toBe(session);
    expect(wordsOf(second.text)).toContain('theological');
    // Of the first call's turn everything behind the first event, once and in order, and then the new turn's.
    const again = second.events.filter(({ sequence }) => sequence > 0);
    expect(again.slice(0, seen.length - 1).map(({ sequence }) => sequence)).toEqual(
      seen.slice(1).map(({ sequence }) => sequence),
    );
    for (const { contentType, audio: pcm, durationMs } of second.of('audio')) {
      expect(contentType).toBe('audio/pcm; rate=24000; channels=1');
      expect(Math.abs(pcm.length / 48 - durationMs)).toBeLessThan(150);
    }
    expect(second.of('audio').length).toBeGreaterThan(0);
  });

  it('tells no more of a reply that its client interrupts', async () => {
    const stream = await admitted();
    await stream.speak(LETTER);
    const { turnId } = await stream.next('audio');
    const asked = performance.now();
    stream.write({ control: 'CONVERSE_CONTROL_INTERRUPT' });
    const { playedText, turnId: stopped } = await stream.next('interrupted');
    // `npm run bench:turn` holds 150 ms, on a machine that does nothing else.
    expect(performance.now() - asked).toBeLessThan(1_500);
    expect(stopped).toBe(turnId);
    const sentences = stream.of('sentence').filter((one) => one.turnId === turnId);
    expect(sentences.map(({ text }) => text).join(' ')).toContain(playedText);
    const spoken = stream.of('audio').length;
    // What was played to its end is interrupted by nothing.
    stream.write({ control: 'CONVERSE_CONTROL_PLAYED' }).write({ control: 'CONVERSE_CONTROL_INTERRUPT' });
    expect((await stream.end()).status).toBe(STATUS.ok);
    expect(stream.of('audio').filter((one) => one.turnId === turnId)).toHaveLength(spoken);
    expect(stream.of('interrupted')).toHaveLength(1);
    await expect(
      until(async () => {
        const turn = await platform.gateway.fetch(`/api/v1/turns/${turnId}`);
        return turn.ok || undefined;
      }),
    ).resolves.toBe(true);
  });

  it.each([
    ['a cough', coughs(0.5)],
    ['a short “mhm”', hum()],
  ])('is not interrupted by %s: its reply pauses at most, and goes on', async (_, sound) => {
    const stream = await admitted();
    await stream.speak(LETTER);
    const { turnId } = await stream.next('audio');
    await stream.speak(Buffer.concat([PAUSE, floatToPcm(sound), PAUSE]), 2);
    await stream.speak(PAUSE, 4);
    expect(stream.of('resumed')).toEqual(stream.of('paused'));
    for (const paused of stream.of('paused')) expect(paused).toEqual({ turnId });
    expect(stream.of('interrupted')).toEqual([]);
    stream.call.cancel();
    await stream.ended;
  });

  it('pauses its reply when somebody begins to speak, and ends it once that is speech', async () => {
    const { stream, turnId, endpoints } = await spokenOver();
    expect(stream.of('paused')).toEqual([{ turnId }]);
    expect(await stream.next('interrupted')).toMatchObject({ turnId });
    expect(stream.of('resumed')).toEqual([]);
    // Told by the first sign of speech, before the endpoint of an utterance.
    const order = stream.events.map(({ event }) => event);
    const [first] = stream.of('endpoint').slice(endpoints);
    expect(first?.kind).toBe('ENDPOINT_KIND_SPEECH_POSSIBLE');
    expect(order.indexOf('paused')).toBeLessThan(order.lastIndexOf('interrupted'));
    stream.call.cancel();
    await stream.ended;
  });

  it.each([
    ['without a key', { token: null }, STATUS.unauthenticated, 'auth.missing_token'],
    ['with a wrong key', { token: 'pk_wrong' }, STATUS.unauthenticated, 'auth.invalid_token'],
  ] as const)('%s is refused', async (_, options, status, code) => {
    const stream = api.open(options).configure();
    await expect(stream.ended).resolves.toMatchObject({ status, code });
  });

  it.each(BAD_TOKENS)('with a token that %s is refused', async (_, token, code) => {
    const { ended } = api.open({ token: await token() }).configure();
    await expect(ended).resolves.toMatchObject({ status: STATUS.unauthenticated, code });
  });

  it("in another tenant's session, or another user's, is refused as one that is not there", async () => {
    const own = await admitted({}, api, await accessToken('ana'));
    const { sessionId: session } = own.of('started')[0]!;
    await own.end();
    for (const token of [OTHER_TENANTS_KEY, await accessToken('eve')]) {
      const end = await until(async () => {
        const outcome = await api.open({ token }).configure({ session }).ended;
        return outcome.code === 'quota.exceeded' ? undefined : outcome;
      });
      expect(end).toMatchObject({ status: STATUS.notFound, code: 'session.not_found' });
    }
  });

  it('is held open by 10,000 messages in a second, and answered', async () => {
    const stream = await admitted();
    for (let sent = 0; sent < 10_000; sent += 1) stream.write({ control: 'CONVERSE_CONTROL_KEEP_ALIVE' });
    expect(await stream.end()).toMatchObject({ status: STATUS.ok });
    expect(stream.of('summary')).toHaveLength(1);
  });

  it.each([
    [
      'audio before its configuration',
      [{ audio: Buffer.alloc(320) }],
      STATUS.invalid,
      'stream.config_missing',
    ],
    [
      'a session of nobody',
      [{ config: { session: '01JD0000000000000000000000' } }],
      STATUS.notFound,
      'session.not_found',
    ],
    ['a voice of nobody', [{ config: { reply: { voice: 'nobody' } } }], STATUS.notFound, 'voice.not_found'],
    [
      'a model of nobody',
      [{ config: { speech: { recognition: { model: 'nobody' } } } }],
      STATUS.notFound,
      'model.not_found',
    ],
    ['a second configuration', [{ config: {} }, { config: {} }], STATUS.invalid, 'stream.config_repeated'],
    ['an unknown control', [{ config: {} }, { control: 99 as never }], STATUS.invalid, 'request.invalid'],
    ['an empty message', [{ config: {} }, {}], STATUS.invalid, 'request.invalid'],
  ] as const)('with %s is refused by its code', async (_, requests, status, code) => {
    const end = await until(async () => {
      const stream = api.open();
      for (const request of requests) stream.write(request);
      const outcome = await stream.ended;
      return outcome.code === 'quota.exceeded' ? undefined : outcome;
    });
    expect(end).toMatchObject({ status, code });
  });

  it.each([
    ['cancelled', STATUS.cancelled],
    ['past its deadline', STATUS.deadline],
  ] as const)(
    'that is %s in mid-sentence frees its slot, and its last words are a turn',
    async (how, status) => {
      await (await admitted()).end();
      const stream = how === 'cancelled' ? api.open() : api.open({ deadlineMs: 2_500 });
      stream.configure();
      const { sessionId } = await stream.next('started');
      await stream.speak(speechPcm(READ_SPEECH.letter).subarray(0, 2 * BYTES_PER_SECOND));
      if (how === 'cancelled') stream.call.cancel();
      expect((await stream.ended).status).toBe(status);
      const left = Date.now();
      const next = await admitted();
      expect(Date.now() - left).toBeLessThan(FREE_MS);
      await next.end();
      const answer = await platform.gateway.fetch(`/api/v1/voice/sessions/${sessionId}/turns`);
      const { turns } = (await answer.json()) as { turns: { text: string }[] };
      expect(wordsOf(turns.map(({ text }) => text).join(' '))).toContain('first');
    },
  );

  it('that is cancelled while its answer is waited for frees its slot', async () => {
    const stream = await admitted();
    platform.freeze('tts');
    await stream.speak(LETTER);
    stream.call.end();
    await stream.next('replied');
    stream.call.cancel();
    await stream.ended;
    const left = Date.now();
    const next = await admitted();
    expect(Date.now() - left).toBeLessThan(FREE_MS);
    platform.service('tts').thaw();
    await next.end();
  });

  it('that falls silent is ended, and one that says it is there is not', async () => {
    const stream = await admitted();
    for (let sent = 0; sent < 3; sent += 1) {
      stream.write({ control: 'CONVERSE_CONTROL_KEEP_ALIVE' });
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
    expect(stream.events.length).toBe(1);
    await expect(stream.ended).resolves.toMatchObject({
      status: STATUS.aborted,
      code: 'stream.idle_timeout',
    });
  });

  it('is in reflection and in health checking', async () => {
    const { grpcAddress } = platform.gateway;
    const speech = new PublicSpeechClient(grpcAddress);
    expect(await speech.listServices()).toContain('parlance.voice.v1.Conversation');
    speech.close();
    const watch = new HealthWatch(grpcAddress, 'parlance.voice.v1.Conversation');
    expect(await until(() => watch.statuses[0])).toBe('SERVING');
  });

  it('is answered and then told to come back by a gateway that is asked to stop', async () => {
    const leaving = await platform.startGateway();
    const client = new ConverseClient(leaving.grpcAddress);
    const stream = await admitted({}, client);
    await stream.speak(speechPcm(READ_SPEECH.letter));
    await until(() => stream.of('endpoint').length > 0);
    const ended = leaving.process.end('SIGTERM');
    await expect(stream.ended).resolves.toMatchObject({
      status: STATUS.unavailable,
      code: 'service.draining',
    });
    expect(wordsOf(stream.text)).toContain('letter');
    expect(stream.of('replied').length).toBeGreaterThan(0);
    expect(await ended).toBe(0);
    client.close();
  });
});
