/** Client secrets of OpenAI's Realtime API: made by one client with a key, used by another one without. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import { AccessClient, answersOfEveryApi } from '../support/access-rig.js';
import { API_KEY, Platform, type Gateway } from '../support/platform.js';
import { RealtimeClient } from '../support/realtime-client.js';
import { READ_SPEECH, speechAs, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';
import { localCertificates } from '../../tools/dev/src/local-authority.js';

const SESSION = {
  type: 'transcription',
  audio: {
    input: {
      transcription: { model: 'gpt-transcribe', language: 'en', prompt: 'On printing.' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 700 },
    },
  },
} as const;
const LETTER = speechAs(READ_SPEECH.letter, '-ar 24000 -ac 1 -f s16le');
/** With a pause that ends the utterance. */
const SPEECH = Buffer.concat([LETTER, Buffer.alloc(72_000)]);

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('a client secret', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-secrets-'));
  const clients: RealtimeClient[] = [];
  let platform: Platform;
  /** The one that speaks TLS, and another replica that makes the secrets. */
  let gateway: Gateway;
  let ca: Buffer;
  let openai: OpenAI;
  beforeAll(async () => {
    const { ca: authority, cert, key } = await localCertificates(folder);
    ca = readFileSync(authority);
    platform = await Platform.start({ services: ['inference'] });
    gateway = await platform.startGateway({ PARLANCE_TLS_CERT: cert, PARLANCE_TLS_KEY: key });
    openai = clientOf(API_KEY);
  }, 120_000);
  afterEach(() => clients.splice(0).forEach((client) => client.close()));
  afterAll(async () => {
    await platform?.stop();
    rmSync(folder, { recursive: true });
  });

  const clientOf = (apiKey: string): OpenAI =>
    new OpenAI({ apiKey, baseURL: `${platform.gateway.url}/v1`, maxRetries: 0 });

  function connect(apiKey: string, model = 'gpt-realtime'): RealtimeClient {
    const baseURL = `${gateway.url.replace('http:', 'https:')}/v1`;
    const client = new RealtimeClient(new OpenAIRealtimeWS({ model, options: { ca } }, { apiKey, baseURL }));
    clients.push(client);
    return client;
  }

  it('opens a session with its settings at another replica, whatever model the client names', async () => {
    const before = Math.floor(Date.now() / 1_000);
    const made = await openai.realtime.clientSecrets.create({ session: SESSION });
    expect(made.value).toMatch(/^ek_/);
    expect(made.expires_at - before).toBeGreaterThanOrEqual(600);
    expect(made.expires_at - before).toBeLessThan(660);
    const settings = {
      transcription: SESSION.audio.input.transcription,
      turn_detection: { type: 'server_vad', silence_duration_ms: 700 },
    };
    expect(made.session).toMatchObject({ type: 'transcription', audio: { input: settings } });
    const client = connect(made.value);
    expect((await client.next('session.created')).session).toMatchObject({ audio: { input: settings } });
    await client.speak(SPEECH, 4);
    expect(wordsOf(await client.transcript())).toContain('letter');
    expect(JSON.stringify(platform.logOf('gateway'))).not.toContain(made.value);
  });

  it('opens several sessions, whose clients may change their settings', async () => {
    const { value } = await openai.realtime.clientSecrets.create({ expires_after: { seconds: 60 } });
    for (const model of ['gpt-4o-transcribe', 'whisper-1']) {
      const client = connect(value, model);
      await client.next('session.created');
      client.update({ turn_detection: null });
      expect(await client.next('session.updated')).toMatchObject({
        session: { audio: { input: { transcription: { model }, turn_detection: null } } },
      });
    }
  });

  it('opens nothing but /v1/realtime', async () => {
    const { value } = await openai.realtime.clientSecrets.create({});
    await expect(clientOf(value).models.list()).rejects.toMatchObject({
      status: 401,
      code: 'auth.invalid_token',
      message: expect.stringContaining('/v1/realtime'),
    });
    await expect(clientOf(value).realtime.clientSecrets.create({})).rejects.toMatchObject({ status: 401 });
    const refused = 'auth.invalid_token';
    expect(await answersOfEveryApi(platform.gateway, value)).toEqual({
      http: refused,
      socketIo: refused,
      listen: refused,
      grpc: refused,
    });
  });

  it('opens nothing once it is changed', async () => {
    const { value } = await openai.realtime.clientSecrets.create({});
    const client = connect(`${value.slice(0, -2)}__`);
    await until(() => client.errors.length > 0);
    expect(client.of('session.created')).toEqual([]);
  });

  it('ends with the key that made it', async () => {
    const owner = new AccessClient(platform.gateway, API_KEY);
    const { body } = await owner.send('POST', '/api/v1/keys', { name: 'Shop', scopes: ['speech'] });
    const { id, key } = body as unknown as { id: string; key: string };
    const { value } = await clientOf(key).realtime.clientSecrets.create({});
    await connect(value).next('session.created');
    await owner.send('DELETE', `/api/v1/keys/${id}`);
    // Replicas know of it within 5 s.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const late = connect(value);
    await until(() => late.errors.length > 0);
    expect(late.of('session.created')).toEqual([]);
  });

  it.each<[string, object]>([
    ['expires_after.seconds', { expires_after: { anchor: 'created_at', seconds: 5 } }],
    ['expires_after.seconds', { expires_after: { anchor: 'created_at', seconds: 7_201 } }],
    ['session.type', { session: { type: 'realtime', model: 'gpt-realtime' } }],
    ['session.audio.input.noise_reduction', { session: { type: 'transcription', audio: { input: { noise_reduction: { type: 'near_field' } } } } }], // prettier-ignore
  ])('is not made with what is not offered: %s in %j', async (param, body) => {
    await expect(openai.realtime.clientSecrets.create(body)).rejects.toMatchObject({
      status: 400,
      code: 'request.invalid',
      param,
    });
  });
});
