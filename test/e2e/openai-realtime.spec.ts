/** `/v1/realtime` as OpenAI's own clients speak it, against the real platform. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { OpenAIRealtimeWebSocket } from 'openai/realtime/websocket';
import { OpenAIRealtimeWS } from 'openai/realtime/ws';
import WebSocket from 'ws';
import { AsyncApiChannel } from '../support/asyncapi.js';
import { ClientMatrix } from '../support/client-matrix.js';
import { installedVersion } from '../support/client-table.js';
import { ListenClient } from '../support/listen-client.js';
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

// Machines that test are often busy.
jest.setTimeout(120_000);

let platform: Platform;
let gateway: TlsGateway;
let document: AsyncApiChannel;
const clients: RealtimeClient[] = [];

beforeAll(async () => {
  platform = await Platform.start({ services: ['inference'] });
  gateway = await TlsGateway.start(platform);
  document = await AsyncApiChannel.load(platform.gateway.url, 'realtime');
}, 120_000);
afterEach(() => {
  for (const client of clients.splice(0)) {
    for (const event of client.events) document.received(event.type, event);
    client.close();
  }
  expect(document.misfits).toEqual([]);
});
afterAll(async () => {
  await platform?.stop();
  gateway?.removeFiles();
});

function kept(theirs: OpenAIRealtimeWS | OpenAIRealtimeWebSocket): RealtimeClient {
  const client = new RealtimeClient(theirs);
  clients.push(client);
  return client;
}

/** @param query  added to what the client asks by, as people do who connect without a model of transcription */
function connect(model: string, { key = API_KEY, query = '', headers = {} } = {}): RealtimeClient {
  const options: WebSocket.ClientOptions = {
    ca: gateway.ca,
    headers,
    finishRequest: (request) => {
      request.path += query;
      request.end();
    },
  };
  return kept(new OpenAIRealtimeWS({ model, options }, { apiKey: key, baseURL: gateway.baseURL }));
}

/** Waits for a transcript that has the word. */
function said(client: RealtimeClient, word: string): Promise<boolean> {
  const completed = () => client.of('conversation.item.input_audio_transcription.completed');
  return until(() => completed().some(({ transcript }) => wordsOf(transcript).includes(word)), 30_000);
}

async function connected(model = 'gpt-4o-transcribe'): Promise<RealtimeClient> {
  const client = connect(model);
  await client.next('session.created');
  return client;
}

const matrix = new ClientMatrix();

describe("OpenAI's Realtime client", () => {
  const row = matrix.row({
    name: 'openai/realtime',
    registry: 'npm',
    version: installedVersion('openai'),
    page: 'openai-realtime.md',
    suite: 'openai-realtime',
  });

  row.works(
    'live',
    'gets an item and its transcript of each utterance, and deltas while it is spoken',
    async () => {
      const client = await connected();
      expect(client.of('session.created')[0]?.session).toMatchObject({
        type: 'transcription',
        audio: {
          input: { format: { type: 'audio/pcm', rate: 24_000 }, turn_detection: { type: 'server_vad' } },
        },
      });
      client.update({
        format: { type: 'audio/pcm', rate: 24_000 },
        transcription: { model: 'gpt-4o-transcribe', language: 'en', prompt: 'On printing.' },
        turn_detection: {
          type: 'server_vad',
          threshold: 0.5,
          prefix_padding_ms: 600,
          silence_duration_ms: 500,
        },
      });
      await client.next('session.updated');
      await client.speak(Buffer.concat([PAUSE, LETTER, PAUSE]), 1);
      await client.speak(Buffer.concat([GOTHIC, PAUSE]), 4);
      await said(client, 'letter');
      await said(client, 'theological');
      const started = client.of('input_audio_buffer.speech_started');
      const [stopped] = client.of('input_audio_buffer.speech_stopped');
      const committed = client.of('input_audio_buffer.committed');
      const first = committed[0]!;
      expect(first).toMatchObject({ item_id: started[0]?.item_id, previous_item_id: null });
      expect(committed[1]?.previous_item_id).toBe(first.item_id);
      // Speech begins behind a second of silence, and the prefix belongs to it.
      expect(started[0]?.audio_start_ms).toBeLessThan(1_100);
      expect(stopped?.audio_end_ms).toBeGreaterThan(started[0]!.audio_start_ms + 1_000);
      const added = client.of('conversation.item.added').map((event) => event.item.id);
      expect(added).toEqual(committed.map(({ item_id }) => item_id));
      expect(client.of('conversation.item.done').length).toBe(added.length);
      const deltas = client
        .of('conversation.item.input_audio_transcription.delta')
        .filter(({ item_id }) => item_id === first.item_id);
      expect(deltas.length).toBeGreaterThan(1);
      expect(deltas.map(({ delta }) => delta).join('')).toBe(await client.transcript(1));
      expect(client.errors).toEqual([]);
    },
  );

  it('makes each commit one item with one transcript where no turns are detected', async () => {
    const client = await connected('whisper-1');
    client.update({ turn_detection: null });
    await client.next('session.updated');
    for (const [index, speech] of [Buffer.concat([LETTER, PAUSE, GOTHIC]), LETTER].entries()) {
      await client.speak(speech, 8);
      client.send({ type: 'input_audio_buffer.commit' });
      await client.next('input_audio_buffer.committed', index + 1);
    }
    expect(wordsOf(await client.transcript(1))).toEqual(expect.arrayContaining(['letter', 'theological']));
    expect(wordsOf(await client.transcript(2))).toContain('letter');
    const completed = client.of('conversation.item.input_audio_transcription.completed');
    expect(completed.map(({ item_id }) => item_id)).toEqual(
      client.of('input_audio_buffer.committed').map(({ item_id }) => item_id),
    );
    expect(completed[1]?.usage.seconds).toBeCloseTo(4.5, 0);
    expect(client.of('input_audio_buffer.speech_started')).toEqual([]);
    expect(client.errors).toEqual([]);
  });

  it.each([
    ['audio/pcmu', '-ar 8000 -ac 1 -f mulaw'],
    ['audio/pcma', '-ar 8000 -ac 1 -f alaw'],
  ] as const)('is understood in %s', async (type, format) => {
    const client = await connected();
    client.update({ format: { type }, turn_detection: null });
    await client.next('session.updated');
    await client.speak(speechAs(READ_SPEECH.letter, format), 8, 8);
    client.send({ type: 'input_audio_buffer.commit' });
    expect(wordsOf(await client.transcript())).toContain('letter');
  });

  it('ends turns where the meaning does, as semantic_vad', async () => {
    const client = await connected();
    client.update({ turn_detection: { type: 'semantic_vad', eagerness: 'high' } });
    await client.next('session.updated');
    await client.speak(Buffer.concat([LETTER, PAUSE, PAUSE]), 2);
    await said(client, 'letter');
  });

  it('commits in the middle of an utterance, and is told that there is nothing to commit', async () => {
    const client = await connected();
    await client.speak(LETTER, 4);
    client.send({ type: 'input_audio_buffer.commit' });
    await said(client, 'letter');
    client.append(PAUSE).send({ type: 'input_audio_buffer.commit', event_id: 'mine' });
    expect((await client.next('error')).error).toMatchObject({
      code: 'input_audio_buffer_commit_empty',
      event_id: 'mine',
    });
  });

  it('clears what it has appended', async () => {
    const client = await connected();
    client.update({ turn_detection: null });
    await client.next('session.updated');
    await client.speak(GOTHIC, 8);
    client.send({ type: 'input_audio_buffer.clear' });
    await client.next('input_audio_buffer.cleared');
    await client.speak(LETTER, 8);
    client.send({ type: 'input_audio_buffer.commit' });
    const words = wordsOf(await client.transcript());
    expect(words).toContain('letter');
    expect(words).not.toContain('theological');
  });

  it('speaks the beta, and what came of it', async () => {
    const client = connect('gpt-realtime', {
      query: '&intent=transcription',
      headers: { 'OpenAI-Beta': 'realtime=v1' },
    });
    await client.next('transcription_session.created');
    client.send({
      type: 'transcription_session.update',
      session: {
        input_audio_format: 'pcm16',
        input_audio_transcription: { model: 'gpt-4o-mini-transcribe', language: 'en' },
        turn_detection: { type: 'server_vad', silence_duration_ms: 500 },
      },
    });
    const { session } = await client.next('transcription_session.updated');
    expect(session).toMatchObject({
      input_audio_format: 'pcm16',
      input_audio_transcription: { model: 'gpt-4o-mini-transcribe', language: 'en' },
    });
    await client.speak(Buffer.concat([LETTER, PAUSE]), 4);
    await said(client, 'letter');
    expect(client.of('conversation.item.created').length).toBeGreaterThan(0);
    expect(client.of('conversation.item.added')).toEqual([]);
  });

  row.works('errors', 'is refused options by their names, and goes on', async () => {
    const client = await connected();
    client.update({ noise_reduction: { type: 'near_field' } });
    client.update({ transcription: { model: 'whisper-of-nobody' } });
    client.update({ transcription: { model: 'whisper-tiny.en', language: 'zh' } });
    client.send({ type: 'session.update', session: { type: 'realtime' } });
    client.send({ type: 'response.create' });
    client.sendRaw('{').sendRaw(Buffer.alloc(10)).sendRaw('{"type":"input_audio_buffer.append","audio":"%"}');
    client.append(Buffer.alloc(31 * 48_000));
    await client.next('error', 9);
    expect(client.of('error').map(({ error }) => [error.code, error.param])).toEqual([
      ['request.invalid', 'session.audio.input.noise_reduction'],
      ['model.not_found', 'session.audio.input.transcription.model'],
      ['model.language_unsupported', 'session.audio.input.transcription.language'],
      ['request.invalid', 'session.type'],
      ['request.invalid', 'type'],
      ['request.invalid', null],
      ['request.invalid', null],
      ['request.invalid', 'audio'],
      ['request.too_large', 'audio'],
    ]);
    expect(client.errors.length).toBe(9);
    await client.speak(Buffer.concat([LETTER, PAUSE]), 4);
    await said(client, 'letter');
  });

  row.works('errors', 'is refused by HTTP where its key is wrong', async () => {
    const client = connect('gpt-4o-transcribe', { key: 'pk_wrong' });
    await until(() => client.errors.length > 0);
    expect(client.errors).toEqual([expect.stringContaining('401')]);
    const { url } = platform.gateway;
    const refused = await ListenClient.refusal(
      url,
      { intent: 'transcription', call_id: 'rtc_1' },
      API_KEY,
      '/v1/realtime',
    );
    expect(refused).toMatchObject({ status: 400, error: { code: 'request.invalid' } });
    expect(refused.error.message).toContain('call_id');
  });

  it('leaves nothing open when it goes in the middle of a word', async () => {
    const client = await connected();
    await client.speak(LETTER.subarray(0, 96_000), 4);
    client.close();
    client.append(LETTER);
    await until(async () => (await gateway.metric('parlance_gateway_realtime_sockets')) === 0);
    const live = 'parlance_inference_active_streams{kind="live"}';
    await until(async () => (await platform.service('inference').metric(live)) === 0);
    expect(gateway.hasEnded).toBe(false);
  });
});

describe("OpenAI's Realtime client in a browser", () => {
  const own = globalThis.WebSocket;
  afterEach(() => {
    globalThis.WebSocket = own;
  });

  /** Stands for the browser's, which the user has told whom to trust. */
  function browserSocket(): typeof globalThis.WebSocket {
    const authority = gateway.ca;
    return class extends WebSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { ca: authority });
      }
    } as unknown as typeof globalThis.WebSocket;
  }

  it.each([
    ['is known by a subprotocol, and gets the other one back', API_KEY, 'session.created'],
    ['is told on the socket that its key is wrong', 'pk_wrong', 'error'],
  ] as const)('%s', async (_, apiKey, first) => {
    globalThis.WebSocket = browserSocket();
    const props = { model: 'whisper-1', dangerouslyAllowBrowser: true };
    const client = kept(new OpenAIRealtimeWebSocket(props, { apiKey, baseURL: gateway.baseURL }));
    await until(() => client.events.length > 0);
    expect(client.events[0]?.type).toBe(first);
    expect(client.theirs.socket.protocol).toBe('realtime');
    if (first === 'error')
      expect(client.of('error')[0]?.error).toMatchObject({
        type: 'authentication_error',
        code: 'auth.invalid_token',
      });
    expect(JSON.stringify(platform.logOf('gateway'))).not.toContain(apiKey);
  });
});

describe('The table of clients', () => matrix.isDocumented());
