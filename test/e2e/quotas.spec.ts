/** Limits of a tenant, its keys and its learners, and what is told of usage, on two replicas. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Limits } from '@parlance/contracts';
import { AccessClient, type JsonAnswer } from '../support/access-rig.js';
import { accessToken } from '../support/access-token.js';
import { GroqServer } from '../support/groq.js';
import { JsonSocket } from '../support/json-socket.js';
import { ListenClient } from '../support/listen-client.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform, type Gateway } from '../support/platform.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { READ_SPEECH, speechFile, speechPcm } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { VoiceClient } from '../support/voice-client.js';

const KEYS = '/api/v1/keys';
const ORGANISATIONS = '/api/v1/organisations';
const INTERVAL_MS = 400;
/** A sum is known to every replica by then: each has added its own and read that of the other. */
const SHARED_MS = 3 * INTERVAL_MS + 1_000;
/** Letters: 4.5 s. */
const SPEECH_SECONDS = 4.5;

jest.setTimeout(60_000);

let groq: GroqServer;
let platform: Platform;
let acme: AccessClient;
let globex: AccessClient;
beforeAll(async () => {
  groq = await GroqServer.start();
  platform = await Platform.start({
    services: ['inference', 'conversation'],
    gateways: 2,
    environment: {
      PARLANCE_LLM_BASE_URL: `${groq.url}/v1`,
      PARLANCE_LLM_MODEL: 'large',
      PARLANCE_USAGE_INTERVAL_MS: String(INTERVAL_MS),
    },
    gateway: { PARLANCE_MANAGING_TENANT: 'acme' },
  });
  acme = clientOf(API_KEY);
  globex = clientOf(OTHER_TENANTS_KEY);
}, 240_000);
afterAll(async () => {
  await platform?.stop();
  await groq?.stop();
});

const clientOf = (key: string, replica = 0, user?: string) =>
  new AccessClient(platform.gateways[replica]!, key, user === undefined ? {} : { 'x-parlance-user': user });

interface MadeKey {
  readonly id: string;
  readonly key: string;
}
async function make(limits: Limits, wanted: object = {}, by = acme): Promise<MadeKey> {
  const { status, body } = await by.send('POST', KEYS, { name: 'Limited', limits, ...wanted });
  expect([status, body.error]).toEqual([201, undefined]);
  return body as unknown as MadeKey;
}

function upload(field: string, fields: Readonly<Record<string, string>> = {}): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set(field, new Blob([readFileSync(speechFile(READ_SPEECH.letter))]), 'speech.opus');
  return form;
}
async function post({ url }: Gateway, path: string, key: string, form: FormData): Promise<JsonAnswer> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: form,
  });
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as JsonAnswer['body'],
  };
}
const transcribe = (gateway: Gateway, key: string) => {
  const form = upload('file', { model: 'whisper-1' });
  return post(gateway, '/v1/audio/transcriptions', key, form);
};

function grpcCode(
  gateway: Gateway,
  key: string,
): Promise<[number | undefined, string | undefined, string | undefined]> {
  const speech = new PublicSpeechClient(gateway.grpcAddress, key);
  return new Promise((resolve) => {
    speech.client.recognize({}, speech.metadata, (error) => {
      speech.close();
      const trailer = (name: string) => error?.metadata.get(name)[0]?.toString();
      resolve([error?.code, trailer('parlance-error-code'), trailer('retry-after')]);
    });
  });
}

describe('limits', () => {
  it('are told by no header where there are none', async () => {
    const { status, headers } = await acme.send('GET', '/v1/models');
    expect([status, headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([200, null, null]);
    expect((await acme.send('GET', '/api/v1/limits')).body).toEqual({ limits: [] });
  });

  it('of an organisation are raised by the managing tenant alone; its owner limits its learners and keys', async () => {
    const { body } = await acme.send('POST', ORGANISATIONS, { id: 'initech', name: 'Initech' });
    const owner = clientOf((body.ownerKey as unknown as MadeKey).key, 1);
    const path = `${ORGANISATIONS}/initech`;
    const limits = { audioMinutesPerDay: 10, requestsPerSecond: 500 };
    const refused = await owner.send('PATCH', path, { version: 1, limits });
    expect([refused.status, refused.body.error?.code]).toEqual([403, 'auth.forbidden']);
    expect((await globex.send('PATCH', path, { version: 1, limits })).status).toBe(404);
    expect((await acme.send('PATCH', path, { version: 1, limits })).body).toMatchObject({
      limits,
      version: 2,
    });
    const learnerLimits = { tokensPerDay: 1_000 };
    expect((await owner.send('PATCH', path, { version: 2, learnerLimits })).body).toMatchObject({
      learnerLimits,
    });
    const key = await make({ requestsPerSecond: 50 }, { role: 'admin', scopes: ['access'] }, owner);
    const admin = clientOf(key.key);
    const change = { version: 1, limits: {} };
    expect((await admin.send('PATCH', `${KEYS}/${key.id}`, change)).status).toBe(403);
    expect(
      (
        await admin.send('POST', KEYS, {
          name: 'More',
          scopes: ['access'],
          role: 'admin',
          limits: { requestsPerSecond: 51 },
        })
      ).status,
    ).toBe(403);
    expect((await owner.send('PATCH', `${KEYS}/${key.id}`, change)).body).toMatchObject({
      limits: {},
      version: 2,
    });
    expect((await owner.send('PATCH', `${KEYS}/${key.id}`, change)).body.error?.code).toBe(
      'request.conflict',
    );
    expect((await acme.send('PATCH', `${KEYS}/${key.id}`, change)).body.error?.code).toBe('key.not_found');
  });

  it('of one learner are in the place of those for all, until they are deleted', async () => {
    const path = '/api/v1/limits/learners/ada';
    const put = (version: number, limits: Limits) => acme.send('PUT', path, { version, limits });
    expect((await acme.send('GET', path)).body).toEqual({ user: 'ada', limits: {}, version: 0 });
    expect((await put(0, { tokensPerDay: 7 })).body).toMatchObject({
      limits: { tokensPerDay: 7 },
      version: 1,
    });
    expect((await put(0, {})).body.error).toMatchObject({
      code: 'request.conflict',
      details: { version: 1 },
    });
    const learner = new AccessClient(platform.gateway, await accessToken('ada'));
    const standing = (await learner.send('GET', '/api/v1/limits')).body;
    expect(standing).toMatchObject({
      limits: [{ quota: 'tokens', scope: 'learner', limit: 7, used: 0, left: 7 }],
    });
    expect((await learner.send('PUT', path, { version: 1, limits: {} })).status).toBe(403);
    expect((await acme.send('DELETE', path)).status).toBe(204);
    expect((await learner.send('GET', '/api/v1/limits')).body).toEqual({ limits: [] });
  });

  it.each([
    { requestsPerSecond: -1 },
    { tokensPerDay: 1.5 },
    { storageBytes: { $gt: '' } },
    { everything: 1 },
    { audioMinutesPerDay: '10' },
  ])('that make no sense are refused: %j', async (limits) => {
    const answer = await acme.send('POST', KEYS, { name: 'a', limits });
    expect([answer.status, answer.body.error?.code]).toEqual([400, 'request.invalid']);
  });
});

describe('what is beyond a limit', () => {
  it('of requests a second is refused by every API, with the time to wait', async () => {
    const { key } = await make({ requestsPerSecond: 0.01 });
    const gateway = platform.gateway;
    const allowed = await clientOf(key).send('GET', '/v1/models');
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('ratelimit-policy')).toBe('"requests";q=1;w=1');
    expect(allowed.headers.get('ratelimit')).toBe('"requests";r=0;t=1');
    const refused = await clientOf(key).send('GET', '/api/v1/voice/sessions');
    expect([refused.status, refused.body.error?.code]).toEqual([429, 'quota.requests_exceeded']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(90);
    expect(refused.headers.get('ratelimit')).toContain('"requests";r=0');
    const listen = await ListenClient.refusal(gateway.url, { encoding: 'linear16' }, key);
    expect([listen.status, listen.error.code]).toEqual([429, 'quota.requests_exceeded']);
    const learn = await JsonSocket.open(gateway.url, '/v1/learn', key);
    expect(await learn.closed).toEqual({ code: 4429, reason: 'quota.requests_exceeded' });
    expect(await VoiceClient.refusal(gateway.url, { token: key })).toBe('quota.requests_exceeded');
    const [status, code, wait] = await grpcCode(gateway, key);
    expect([status, code]).toEqual([8, 'quota.requests_exceeded']);
    expect(Number(wait)).toBeGreaterThan(90);
    expect(await gateway.metric('parlance_quota_refusals_total{quota="requests",scope="key"}')).toBe(5);
  });

  it('of streams is refused on every replica until one ends, however it does', async () => {
    const { key } = await make({ concurrentStreams: 1 });
    const { url } = platform.gateway;
    for (const end of ['close', 'terminate'] as const) {
      const open = await until(async () => {
        const socket = await JsonSocket.open(url, '/v1/learn', key);
        const wasRefused = await Promise.race([socket.closed.then(() => true), sleep(150, false)]);
        return wasRefused ? undefined : socket;
      });
      expect(await VoiceClient.refusal(url, { token: key })).toBe('quota.streams_exceeded');
      expect((await clientOf(key).send('GET', '/v1/models')).status).toBe(200);
      const elsewhere = platform.gateways[1]!.url;
      await until(
        async () => (await VoiceClient.refusal(elsewhere, { token: key })) === 'quota.streams_exceeded',
        SHARED_MS,
      );
      open.socket[end]();
    }
    await until(async () => (await VoiceClient.refusal(url, { token: key })) === 'connected');
  });

  it('of audio is refused on every replica, once they have shared what was sent', async () => {
    const { key } = await make({ audioMinutesPerDay: (SPEECH_SECONDS * 1.5) / 60 });
    const [one, other] = platform.gateways as [Gateway, Gateway];
    expect((await transcribe(one, key)).status).toBe(200);
    const inTheMiddle = await transcribe(one, key);
    expect([inTheMiddle.status, inTheMiddle.body.error?.code]).toEqual([429, 'quota.audio_exceeded']);
    const since = Date.now();
    await until(async () => {
      const { headers } = await clientOf(key, 1).send('GET', '/v1/models');
      return /"audio";r=0;t=\d+/.test(headers.get('ratelimit') ?? '');
    }, SHARED_MS);
    expect(Date.now() - since).toBeLessThan(SHARED_MS);
    const refused = await transcribe(other, key);
    expect([refused.status, refused.body.error?.code]).toEqual([429, 'quota.audio_exceeded']);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(86_400);
    const listen = await ListenClient.refusal(other.url, { encoding: 'linear16' }, key);
    expect(listen.error.code).toBe('quota.audio_exceeded');
  });

  it('of audio ends a live stream where the limit is met', async () => {
    const { key } = await make({ audioMinutesPerDay: 1 / 60 });
    const socket = await JsonSocket.open<{ type: string; error?: { code: string } }>(
      platform.gateway.url,
      '/v1/listen?encoding=linear16&sample_rate=16000',
      key,
    );
    const pcm = speechPcm(READ_SPEECH.letter);
    for (let at = 0; at < 96_000; at += 3_200) socket.send(pcm.subarray(at, at + 3_200));
    expect(await socket.closed).toEqual({ code: 4429, reason: 'quota.audio_exceeded' });
  });

  it('of audio ends a conversation in order: it is told once, and what was said before is a turn', async () => {
    const { key } = await make({ audioMinutesPerDay: (SPEECH_SECONDS + 1) / 60 });
    const voice = await VoiceClient.connect(platform.gateway.url, { token: key });
    await voice.join({ settings: { ttsEnabled: false } });
    await voice.ask('voice:start-recording', {
      metadata: { encoding: 'linear16', sampleRate: 16_000, channels: 1 },
    });
    await voice.speak(Buffer.concat([speechPcm(READ_SPEECH.letter), Buffer.alloc(64_000)]), 0, 6);
    await until(() => voice.of('voice:recording-stopped').length > 0);
    await until(() => voice.of('voice:transcribed').some(({ isFinal }) => isFinal));
    expect(voice.faults.filter((code) => code === 'quota.audio_exceeded')).toHaveLength(1);
    expect((await voice.ask('voice:start-recording')).error?.code).toBe('quota.audio_exceeded');
    voice.close();
  });

  it('of tokens refuses turns, with what the language model counted on another replica', async () => {
    const limits = { tokensPerDay: 100 };
    expect((await acme.send('PATCH', `${ORGANISATIONS}/globex`, { version: 1, limits })).status).toBe(200);
    const [one, other] = platform.gateways as [Gateway, Gateway];
    for (const replica of [0, 1])
      await until(async () => {
        const { headers } = await clientOf(OTHER_TENANTS_KEY, replica).send('GET', '/v1/models');
        return (headers.get('ratelimit') ?? '').includes('"tokens";r=100');
      });
    const taken = await post(one, '/api/v1/turns', OTHER_TENANTS_KEY, upload('audio', { speak: 'false' }));
    expect(taken).toMatchObject({ status: 200, body: { status: 'complete', error: null } });
    const refused = await until(async () => {
      const { headers } = await clientOf(OTHER_TENANTS_KEY, 1).send('GET', '/v1/models');
      return (headers.get('ratelimit') ?? '').includes('"tokens";r=0')
        ? post(other, '/api/v1/turns', OTHER_TENANTS_KEY, upload('audio', { speak: 'false' }))
        : undefined;
    }, 10_000);
    expect([refused.status, refused.body.error]).toMatchObject([
      429,
      { code: 'quota.tokens_exceeded', details: { scope: 'tenant' } },
    ]);
  });
});

describe('usage', () => {
  it('of two replicas is one sum for each day, key and learner, in pages and as CSV', async () => {
    const { key, id } = await make({}, { scopes: ['sessions', 'access'], role: 'admin' });
    const learner = '=cmd|"calc"';
    const requests = 6;
    await Promise.all(
      Array.from({ length: requests }, (_, index) =>
        clientOf(key, index % 2, learner).send('GET', '/api/v1/voice/sessions'),
      ),
    );
    type Row = Readonly<Record<string, string | number>>;
    const rowsOf = async (query: string, by = acme) =>
      (await by.send('GET', `/api/v1/usage?${query}`)).body.usage as unknown as Row[];
    const ofKey = await until(async () => {
      const found = (await rowsOf('groupBy=key&limit=100')).find((row) => row.key === id);
      return found?.requests === requests ? found : undefined;
    }, SHARED_MS);
    expect(ofKey).toMatchObject({ day: new Date().toISOString().slice(0, 10), turns: 0 });
    const ofLearner = (await rowsOf('groupBy=learner&limit=100')).find((row) => row.learner === learner);
    expect(ofLearner).toMatchObject({ requests });
    const [today] = await rowsOf('');
    expect(today!.audioSeconds).toBeGreaterThan(SPEECH_SECONDS);
    expect(await rowsOf('', clientOf(key, 0, learner))).toMatchObject([{ day: today!.day }]);
    const first = await acme.send('GET', '/api/v1/usage?groupBy=key&limit=1');
    const cursor = encodeURIComponent(String(first.body.nextCursor));
    expect(await rowsOf(`groupBy=key&limit=1&cursor=${cursor}`)).not.toEqual(first.body.usage);
    const file = await fetch(`${platform.gateways[1]!.url}/api/v1/usage?groupBy=learner`, {
      headers: { authorization: `Bearer ${API_KEY}`, accept: 'text/csv' },
    });
    expect(file.headers.get('content-type')).toContain('text/csv');
    const text = await file.text();
    expect(text).toMatch(/^day,learner,requests,/);
    expect(text).toMatch(/"'=cmd\|""calc""",\d+,/);
  });

  it('of a turn counts its audio, its tokens, its recording and the turn, and no other tenant sees it', async () => {
    const [row] = await until(async () => {
      const { body } = await globex.send('GET', '/api/v1/usage');
      const rows = body.usage as unknown as Record<string, number>[];
      return rows[0]!.storedBytes! > 0 && rows[0]!.inputTokens! > 0 ? rows : undefined;
    });
    expect(row).toMatchObject({ turns: 1, audioSeconds: expect.closeTo(SPEECH_SECONDS, 0) });
    expect(row!.inputTokens! + row!.outputTokens!).toBeGreaterThan(100);
    const key = await make({}, { scopes: ['speech'] });
    expect((await clientOf(key.key).send('GET', '/api/v1/usage')).status).toBe(403);
  });
});
