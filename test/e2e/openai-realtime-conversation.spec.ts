/** Conversation sessions of `/v1/realtime` as OpenAI's own clients speak them, against the real platform. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { OpenAIRealtimeWS as BetaRealtimeWS } from 'openai/beta/realtime/ws';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import type { ConversationItem } from 'openai/resources/realtime/realtime';
import { AsyncApiChannel } from '../support/asyncapi.js';
import { ClientMatrix } from '../support/client-matrix.js';
import { installedVersion } from '../support/client-table.js';
import { GroqServer } from '../support/groq.js';
import { API_KEY, Platform } from '../support/platform.js';
import { RealtimeClient } from '../support/realtime-client.js';
import { READ_SPEECH, speechAs, wordsOf } from '../support/speech-samples.js';
import { TlsGateway } from '../support/tls-gateway.js';
import { until } from '../support/until.js';

const PCM = '-ar 24000 -ac 1 -f s16le';
const LETTER = speechAs(READ_SPEECH.letter, PCM);
const GOTHIC = speechAs(READ_SPEECH.gothic, PCM);
/** A second. */
const PAUSE = Buffer.alloc(48_000);
const BYTES_PER_MS = 48;
const REPLY = 'That sounds lovely. What did you buy there?';
const SLOW = Array.from({ length: 6 }, (_, at) => `This takes a while, part ${at + 1}.`).join(' ');
/** Of what is cut; `npm run bench:turn` holds 150 ms on a machine that does nothing else. */
const CUT_MS = 1_500;
const REPLY_MS = 60_000;

// Machines that test are often busy.
jest.setTimeout(180_000);

let groq: GroqServer;
let platform: Platform;
/** The one that speaks TLS: OpenAI's clients connect by nothing else. */
let gateway: TlsGateway;
let document: AsyncApiChannel;
const clients: RealtimeClient[] = [];

beforeAll(async () => {
  groq = await GroqServer.start();
  platform = await Platform.start({
    environment: { PARLANCE_LLM_BASE_URL: `${groq.url}/v1`, PARLANCE_LLM_MODEL: 'llama' },
  });
  gateway = await TlsGateway.start(platform);
  document = await AsyncApiChannel.load(platform.gateway.url, 'realtime');
}, 180_000);
beforeEach(() => {
  groq.reset();
  groq.usual = { reply: REPLY };
});
afterEach(() => {
  for (const client of clients.splice(0)) {
    for (const event of client.events) document.received(event.type, event);
    client.close();
  }
  expect(document.misfits.splice(0)).toEqual([]);
  expect(gateway.hasEnded).toBe(false);
});
afterAll(async () => {
  await platform?.stop();
  await groq?.stop();
  gateway?.removeFiles();
});

const credentials = () => ({ apiKey: API_KEY, baseURL: gateway.baseURL });

function kept(theirs: OpenAIRealtimeWS | BetaRealtimeWS): RealtimeClient {
  const client = new RealtimeClient(theirs as OpenAIRealtimeWS);
  clients.push(client);
  return client;
}

async function connected(model = 'gpt-realtime'): Promise<RealtimeClient> {
  const client = kept(new OpenAIRealtimeWS({ model, options: { ca: gateway.ca } }, credentials()));
  await client.next('session.created');
  return client;
}

const dones = (client: RealtimeClient) =>
  client.of('response.done').flatMap((event) => (event.type === 'response.done' ? [event.response] : []));
const done = (client: RealtimeClient, nth = 1) => until(() => dones(client)[nth - 1], REPLY_MS);

/** All audio of a response. */
function audioOf(client: RealtimeClient, response: string): Buffer {
  const deltas = [...client.of('response.output_audio.delta'), ...client.of('response.audio.delta')];
  const own = new Set(deltas.filter(({ response_id }) => response_id === response));
  return Buffer.concat([...own].map(({ delta }) => Buffer.from(delta, 'base64')));
}

/** What the language model was told for its last reply; it is asked for summaries of the sessions before as well. */
const asked = () =>
  groq.requests
    .map(({ body }) => body.messages)
    .findLast(([system]) => system?.content.includes('voice conversation'))!;

const matrix = new ClientMatrix();

describe("OpenAI's Realtime client in a conversation", () => {
  const row = matrix.row({
    name: 'openai/realtime',
    registry: 'npm',
    version: installedVersion('openai'),
    page: 'openai-realtime.md',
    suite: 'openai-realtime-conversation',
  });

  row.works('conversation', 'is answered aloud, by its instructions, and told each step', async () => {
    const client = await connected();
    expect(client.of('session.created')[0]?.session).toMatchObject({
      type: 'realtime',
      output_modalities: ['audio'],
      audio: { input: { turn_detection: { type: 'server_vad', create_response: true } } },
    });
    client.configure({
      instructions: 'You sell flowers.',
      audio: {
        input: { transcription: { model: 'gpt-4o-transcribe', language: 'en' } },
        output: { voice: 'marin', speed: 1.1 },
      },
      tools: [],
      tool_choice: 'auto',
      max_output_tokens: 'inf',
    });
    await client.next('session.updated');
    await client.speak(Buffer.concat([LETTER, PAUSE]), 2);
    const response = await done(client);
    expect(response).toMatchObject({
      status: 'completed',
      output: [{ role: 'assistant', content: [{ type: 'output_audio', transcript: REPLY }] }],
      usage: { input_tokens: 100, output_tokens: 8, total_tokens: 108 },
    });
    expect(wordsOf(await client.transcript())).toContain('letter');
    const [system, ...said] = asked();
    expect(system?.content).toContain('You sell flowers.');
    expect(system?.content).not.toContain('coach');
    expect(wordsOf(said.at(-1)?.content ?? '')).toContain('letter');
    const own = client.events.filter(({ type }) => /^(response|conversation\.item\.(added|done))/.test(type));
    const types = [...new Set(own.map(({ type }) => type))];
    expect(types).toEqual([
      'conversation.item.added',
      'conversation.item.done',
      'response.created',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_audio_transcript.delta',
      'response.output_audio.delta',
      'response.output_audio.done',
      'response.output_audio_transcript.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.done',
    ]);
    const deltas = client.of('response.output_audio_transcript.delta');
    expect(deltas.map(({ delta }) => delta).join('')).toBe(REPLY);
    const ms = audioOf(client, response.id).length / BYTES_PER_MS;
    expect(ms).toBeGreaterThan(1_000);
    expect(ms).toBeLessThan(8_000);
    expect(client.errors).toEqual([]);
  });

  it('writes, is answered in text, and remembered', async () => {
    const client = await connected('gpt-realtime-mini');
    client.configure({ output_modalities: ['text'] });
    client.write('My name is Ana.').write('I like tulips.').send({ type: 'response.create' });
    expect(await done(client)).toMatchObject({
      status: 'completed',
      output_modalities: ['text'],
      output: [{ content: [{ type: 'output_text', text: REPLY }] }],
    });
    expect(asked().at(-1)).toEqual({ role: 'user', content: 'My name is Ana.\nI like tulips.' });
    expect(client.of('response.output_text.done')[0]).toMatchObject({ text: REPLY });
    expect(client.of('response.output_text.delta').length).toBe(2);
    groq.usual = { reply: 'You are Ana.' };
    client.write('Who am I?').send({
      type: 'response.create',
      response: { instructions: 'Answer in one sentence.', metadata: { topic: 'names' } },
    });
    expect(await done(client, 2)).toMatchObject({ metadata: { topic: 'names' } });
    expect(asked()[0]?.content).toContain('Answer in one sentence.');
    expect(asked().map(({ content }) => content)).toEqual(
      expect.arrayContaining(['My name is Ana.\nI like tulips.', REPLY, 'Who am I?']),
    );
    expect(client.of('response.output_audio.delta')).toEqual([]);
    expect(client.errors).toEqual([]);
  });

  it('has the model begin, where nothing was said yet', async () => {
    const client = await connected();
    groq.usual = { reply: 'Good morning.' };
    client.configure({ instructions: 'Greet whoever comes.', output_modalities: ['text'] });
    client.send({ type: 'response.create' });
    expect(await done(client)).toMatchObject({ output: [{ content: [{ text: 'Good morning.' }] }] });
    expect(asked()[0]?.content).toContain('Greet whoever comes.');
  });

  it.each([
    ['audio/pcmu', '-ar 8000 -ac 1 -f mulaw'],
    ['audio/pcma', '-ar 8000 -ac 1 -f alaw'],
  ] as const)('commits and asks by itself, in %s', async (type, format) => {
    const client = await connected();
    client.configure({
      audio: { input: { format: { type }, turn_detection: null }, output: { format: { type } } },
    });
    await client.next('session.updated');
    await client.speak(speechAs(READ_SPEECH.letter, format), 8, 8);
    client.send({ type: 'input_audio_buffer.commit' }).send({ type: 'response.create' });
    const response = await done(client);
    expect(response.audio?.output.format).toEqual({ type });
    expect(wordsOf(asked().at(-1)?.content ?? '')).toContain('letter');
    const ms = audioOf(client, response.id).length / 8;
    expect(ms).toBeGreaterThan(1_000);
    expect(ms).toBeLessThan(8_000);
    // Transcripts are told to who asks for them.
    expect(client.events.some(({ type: name }) => name.includes('input_audio_transcription'))).toBe(false);
    expect(client.errors).toEqual([]);
  });

  it('is answered where the meaning ends, and not before it asks where it says so', async () => {
    const client = await connected();
    client.configure({
      output_modalities: ['text'],
      audio: {
        input: { turn_detection: { type: 'semantic_vad', eagerness: 'high', create_response: false } },
      },
    });
    await client.next('session.updated');
    await client.speak(Buffer.concat([LETTER, PAUSE, PAUSE]), 2);
    await client.next('conversation.item.done');
    expect(client.of('response.created')).toEqual([]);
    client.send({ type: 'response.create' });
    expect(await done(client)).toMatchObject({ status: 'completed' });
    expect(wordsOf(asked().at(-1)?.content ?? '')).toContain('letter');
  });

  row.works(
    'conversation',
    'is interrupted by speech: nothing more of the reply comes, and the model knows',
    async () => {
      const client = await connected();
      const long = Array.from({ length: 7 }, (_, at) => `This is sentence ${at + 1} of a long story.`);
      groq.usual = { reply: long.join(' '), pauseMs: 150 };
      client.write('Tell me a story.').send({ type: 'response.create' });
      const { response_id } = await client.next('response.output_audio.delta', 1, REPLY_MS);
      groq.usual = { reply: REPLY };
      await client.speak(Buffer.concat([GOTHIC, PAUSE]), 1);
      expect(await done(client)).toMatchObject({
        id: response_id,
        status: 'cancelled',
        status_details: { type: 'cancelled', reason: 'turn_detected' },
        output: [{ status: 'incomplete' }],
      });
      const types = client.events.map(({ type }) => type);
      const end = types.indexOf('response.done');
      expect(types.indexOf('input_audio_buffer.speech_started')).toBeLessThan(end);
      expect(await done(client, 2)).toMatchObject({ status: 'completed' });
      const late = client.events
        .slice(end)
        .filter((event) => 'response_id' in event && event.response_id === response_id);
      expect(late).toEqual([]);
      expect(asked()[0]?.content).toContain('interrupted your last reply');
      expect(wordsOf(asked().at(-1)?.content ?? '')).toContain('theological');
    },
  );

  it('cancels a response, and has one at a time', async () => {
    const client = await connected();
    groq.usual = { reply: SLOW, pauseMs: 200 };
    client.write('Go on.').send({ type: 'response.create' });
    client.send({ type: 'response.create', event_id: 'second' });
    expect((await client.next('error')).error).toMatchObject({
      code: 'conversation_already_has_active_response',
      event_id: 'second',
    });
    await client.next('response.output_audio.delta', 1, REPLY_MS);
    const cancelled = performance.now();
    client.send({ type: 'response.cancel' });
    expect(await done(client)).toMatchObject({
      status: 'cancelled',
      status_details: { reason: 'client_cancelled' },
    });
    expect(performance.now() - cancelled).toBeLessThan(CUT_MS);
    client.send({ type: 'response.cancel' });
    expect((await client.next('error', 2)).error.code).toBe('response_cancel_not_active');
    const told = client.of('response.output_audio.delta').length;
    groq.usual = { reply: REPLY };
    client.configure({ output_modalities: ['text'] });
    client.write('And now?').send({ type: 'response.create' });
    expect(await done(client, 2)).toMatchObject({ status: 'completed' });
    expect(client.of('response.output_audio.delta').length).toBe(told);
  });

  it('truncates what it has not played: the model remembers the rest only', async () => {
    const client = await connected();
    client.write('Where were you?').send({ type: 'response.create' });
    const { output, id } = await done(client);
    const ms = audioOf(client, id).length / BYTES_PER_MS;
    const truncate = (item_id: string, audio_end_ms: number) =>
      client.send({ type: 'conversation.item.truncate', item_id, content_index: 0, audio_end_ms });
    truncate(output[0]!.id, Math.round(ms * 0.3));
    expect(await client.next('conversation.item.truncated')).toMatchObject({ item_id: output[0]!.id });
    truncate(output[0]!.id, Math.round(ms) + 500);
    truncate('item_of_nobody', 0);
    await client.next('error', 2);
    expect(client.of('error').map(({ error }) => error.param)).toEqual(['audio_end_ms', 'item_id']);
    client.write('Go on.').send({ type: 'response.create' });
    await done(client, 2);
    const remembered = asked().find(({ role }) => role === 'assistant')?.content ?? '';
    expect(REPLY.startsWith(remembered)).toBe(true);
    expect(remembered.length).toBeLessThan(REPLY.length);
  });

  it('of the beta is spoken to by its names', async () => {
    const client = kept(
      new BetaRealtimeWS(
        { model: 'gpt-4o-realtime-preview', options: { ca: gateway.ca } },
        credentials() as never,
      ),
    );
    await client.next('session.created');
    client.theirs.send({
      type: 'session.update',
      session: {
        modalities: ['text', 'audio'],
        instructions: 'You sell flowers.',
        voice: 'alloy',
        input_audio_format: 'pcm16',
        output_audio_format: 'pcm16',
        input_audio_transcription: { model: 'whisper-1' },
        turn_detection: { type: 'server_vad', silence_duration_ms: 500 },
      },
    } as never);
    await client.next('session.updated');
    await client.speak(Buffer.concat([LETTER, PAUSE]), 2);
    const response = await done(client);
    expect(response).toMatchObject({
      status: 'completed',
      modalities: ['text', 'audio'],
      output: [{ content: [{ type: 'audio', transcript: REPLY }] }],
    });
    expect(audioOf(client, response.id).length).toBeGreaterThan(48_000);
    const types = new Set<string>(client.events.map(({ type }) => type));
    for (const type of [
      'conversation.item.created',
      'response.audio.delta',
      'response.audio_transcript.done',
    ])
      expect(types).toContain(type);
    expect(types).not.toContain('response.output_audio.delta');
    expect(wordsOf(await client.transcript())).toContain('letter');
    expect(client.errors).toEqual([]);
  });

  row.works('errors', 'is refused by name what is not offered, or at fault, and goes on', async () => {
    const client = await connected();
    const call = { type: 'function_call_output', call_id: 'c', output: '{}' } as ConversationItem;
    client.configure({ tools: [{ type: 'function', name: 'weather', parameters: {} }] });
    client.configure({ audio: { output: { voice: 'nobody' } } });
    client.configure({ max_output_tokens: 100 });
    client.send({ type: 'session.update', session: { type: 'transcription' } });
    client.send({ type: 'conversation.item.create', item: call });
    client.send({ type: 'conversation.item.delete', item_id: 'item_1' });
    client.send({ type: 'output_audio_buffer.clear' });
    client.send({ type: 'response.create', response: { conversation: 'none' } });
    client.send({ type: 'input_audio_buffer.commit' });
    client.sendRaw('{').sendRaw(Buffer.alloc(10)).sendRaw('{"type":"input_audio_buffer.append","audio":"%"}');
    client.sendRaw('{"type":"dance"}').append(Buffer.alloc(31 * 48_000));
    await client.next('error', 14);
    expect(client.of('error').map(({ error }) => [error.code, error.param])).toEqual([
      ['request.invalid', 'session.tools'],
      ['voice.not_found', 'session.audio.output.voice'],
      ['request.invalid', 'session.max_output_tokens'],
      ['request.invalid', 'session.type'],
      ['request.invalid', 'item.type'],
      ['request.invalid', 'item_id'],
      ['request.invalid', 'type'],
      ['request.invalid', 'response.conversation'],
      ['input_audio_buffer_commit_empty', null],
      ['request.invalid', null],
      ['request.invalid', null],
      ['request.invalid', 'audio'],
      ['request.invalid', 'type'],
      ['request.too_large', 'audio'],
    ]);
    client.configure({ output_modalities: ['text'] });
    client.write('Are you there?').send({ type: 'response.create' });
    expect(await done(client)).toMatchObject({ status: 'completed' });
  });

  it('is told that there is no such model', async () => {
    const client = kept(new OpenAIRealtimeWS({ model: 'gpt-5', options: { ca: gateway.ca } }, credentials()));
    const closed = new Promise((resolve) => client.theirs.socket.addEventListener('close', resolve));
    expect((await client.next('error')).error).toMatchObject({ code: 'model.not_found', param: 'model' });
    expect(await closed).toMatchObject({ code: 4404, reason: 'model.not_found' });
  });

  it('leaves an ended session when it goes in the middle of a reply', async () => {
    const client = await connected();
    groq.usual = { reply: SLOW, pauseMs: 200 };
    client.write('Go on.').send({ type: 'response.create' });
    await client.next('response.output_audio.delta', 1, REPLY_MS);
    const [created] = client.of('session.created');
    const id = (created?.session as { id: string }).id.replace('sess_', '');
    client.close();
    client.append(LETTER);
    await until(async () => (await gateway.metric('parlance_gateway_realtime_sockets')) === 0, 30_000);
    await until(async () => {
      const answer = await platform.gateway.fetch(`/api/v1/voice/sessions/${id}`);
      return ((await answer.json()) as { status: string }).status === 'ended';
    }, 30_000);
  });
});

describe('The table of clients', () => matrix.isDocumented());
