/** Client secrets of OpenAI's Realtime API: made by one client with a key, used by another one without. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import OpenAI from 'openai';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { RealtimeSessionCreateRequest } from 'openai/resources/realtime/realtime';
import { AccessClient, answersOfEveryApi } from '../support/access-rig.js';
import { GroqServer } from '../support/groq.js';
import { API_KEY, Platform } from '../support/platform.js';
import { RealtimeClient } from '../support/realtime-client.js';
import { READ_SPEECH, speechAs, wordsOf } from '../support/speech-samples.js';
import { TlsGateway } from '../support/tls-gateway.js';
import { until } from '../support/until.js';

const SESSION = {
  type: 'transcription',
  audio: {
    input: {
      transcription: { model: 'gpt-transcribe', language: 'en', prompt: 'On printing.' },
      turn_detection: { type: 'server_vad', silence_duration_ms: 700 },
    },
  },
} as const;
const CONVERSATION = {
  type: 'realtime',
  model: 'gpt-realtime-mini',
  instructions: 'You sell flowers.',
  output_modalities: ['text'],
} satisfies RealtimeSessionCreateRequest;
const REPLY = 'What would you like?';
const LETTER = speechAs(READ_SPEECH.letter, '-ar 24000 -ac 1 -f s16le');
/** With a pause that ends the utterance. */
const SPEECH = Buffer.concat([LETTER, Buffer.alloc(72_000)]);

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('a client secret', () => {
  const clients: RealtimeClient[] = [];
  let groq: GroqServer;
  let platform: Platform;
  /** Another replica than the one that makes the secrets. */
  let gateway: TlsGateway;
  let openai: OpenAI;
  beforeAll(async () => {
    groq = await GroqServer.start();
    groq.usual = { reply: REPLY };
    platform = await Platform.start({
      environment: { PARLANCE_LLM_BASE_URL: `${groq.url}/v1`, PARLANCE_LLM_MODEL: 'llama' },
    });
    gateway = await TlsGateway.start(platform);
    openai = clientOf(API_KEY);
  }, 120_000);
  afterEach(() => clients.splice(0).forEach((client) => client.close()));
  afterAll(async () => {
    await platform?.stop();
    await groq?.stop();
    gateway?.removeFiles();
  });

  const clientOf = (apiKey: string): OpenAI =>
    new OpenAI({ apiKey, baseURL: `${platform.gateway.url}/v1`, maxRetries: 0 });

  function connect(apiKey: string, model = 'gpt-realtime'): RealtimeClient {
    const client = new RealtimeClient(
      new OpenAIRealtimeWS({ model, options: { ca: gateway.ca } }, { apiKey, baseURL: gateway.baseURL }),
    );
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

  it('opens a conversation with its settings, whatever model the client names', async () => {
    const made = await openai.realtime.clientSecrets.create({ session: CONVERSATION });
    expect(made.session).toMatchObject(CONVERSATION);
    const client = connect(made.value, 'whisper-1');
    expect((await client.next('session.created')).session).toMatchObject(CONVERSATION);
    client.write('Hello.').send({ type: 'response.create' });
    const { response } = await client.next('response.done');
    expect(response).toMatchObject({ status: 'completed', output: [{ content: [{ text: REPLY }] }] });
    expect(JSON.stringify(groq.requests.at(-1)?.body)).toContain(CONVERSATION.instructions);
  });

  it('that binds nothing opens what its client asks for', async () => {
    const { value, session } = await openai.realtime.clientSecrets.create({});
    expect(session).toMatchObject({ type: 'realtime', model: 'gpt-realtime' });
    expect((await connect(value).next('session.created')).session).toMatchObject({ type: 'realtime' });
    expect((await connect(value, 'whisper-1').next('session.created')).session).toMatchObject({
      type: 'transcription',
    });
  });

  it('opens several sessions, whose clients may change their settings', async () => {
    const { value } = await openai.realtime.clientSecrets.create({
      expires_after: { anchor: 'created_at', seconds: 60 },
      session: { type: 'transcription' },
    });
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

  it('opens what its key may use, and ends with that key', async () => {
    const owner = new AccessClient(platform.gateway, API_KEY);
    const { body } = await owner.send('POST', '/api/v1/keys', { name: 'Shop', scopes: ['speech'] });
    const { id, key } = body as unknown as { id: string; key: string };
    await expect(
      clientOf(key).realtime.clientSecrets.create({ session: CONVERSATION }),
    ).rejects.toMatchObject({ status: 403, code: 'auth.forbidden' });
    const { value } = await clientOf(key).realtime.clientSecrets.create({ session: SESSION });
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
    ['session.type', { session: { type: 'translation' } }],
    ['session.model', { session: { type: 'realtime', model: 'llama' } }],
    ['session.audio.output.voice', { session: { type: 'realtime', audio: { output: { voice: 'nobody' } } } }],
    ['session.tools', { session: { type: 'realtime', tools: [{ type: 'function', name: 'weather' }] } }],
    ['session.audio.input.noise_reduction', { session: { type: 'transcription', audio: { input: { noise_reduction: { type: 'near_field' } } } } }], // prettier-ignore
  ])('is not made with what is not offered: %s in %j', async (param, body) => {
    await expect(openai.realtime.clientSecrets.create(body)).rejects.toMatchObject({
      code: expect.stringMatching(/^(request\.invalid|model\.not_found|voice\.not_found)$/),
      param,
    });
  });
});
