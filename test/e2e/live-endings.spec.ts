/** How live streams are refused and how they end: whatever ends one, its slots are free at once. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Socket } from 'node:net';
import { ListenClient } from '../support/listen-client.js';
import { API_KEY, Platform } from '../support/platform.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { READ_SPEECH, speechAs } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const PCM = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;
const CONFIG = { recognition: { audio: PCM }, mode: 'STREAMING_MODE_LIVE' } as const;
const IDLE_MS = 1_500;
/** A second, and what a busy machine takes to open the next stream. */
const FREE_MS = 2_000;

jest.setTimeout(60_000);

let platform: Platform;
beforeAll(async () => {
  // One slot at each place: a stream that keeps its own is felt by the next.
  platform = await Platform.start({
    services: ['inference'],
    gateway: { PARLANCE_TENANT_CONCURRENCY: '1', PARLANCE_LISTEN_IDLE_MS: String(IDLE_MS) },
    inference: { PARLANCE_MAX_LIVE_STREAMS: '1' },
  });
}, 120_000);
afterAll(() => platform?.stop());

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** The connection below a socket. */
const socketOf = (client: ListenClient): Socket => Reflect.get(client.socket, '_socket') as Socket;
/** Of silence: a conversation's last words would be recognised first. */
const FRAME = Buffer.alloc(3_200);
const HEADER = speechAs(READ_SPEECH.letter, '-f wav').subarray(0, 20);

/** Opens streams until one is admitted: with one slot, that is when the last stream's is free. */
async function untilFree(): Promise<number> {
  const begun = Date.now();
  await until(async () => {
    const next = await ListenClient.openInBrowser(platform.gateway.url);
    const state = await until(() =>
      next.of('Metadata').length > 0 ? 'open' : next.socket.readyState > 1 ? 'refused' : undefined,
    );
    next.socket.terminate();
    return state === 'open';
  }, 20_000);
  return Date.now() - begun;
}

describe('a socket that cannot be opened', () => {
  it.each([
    ['a wrong key', {}, 'pk_wrong', '/v1/listen', 401, 'auth.invalid_token'],
    ['a wrong query', { encoding: 'morse' }, API_KEY, '/v1/listen', 400, 'request.invalid'],
    ['an unknown model', { model: 'whisper-of-nobody' }, API_KEY, '/v1/listen', 404, 'model.not_found'],
    ['an unknown path', {}, API_KEY, '/v1/nothing', 404, 'request.not_found'],
  ] as const)('for %s is refused before the upgrade, by status and code', async (...row) => {
    const [, query, key, path, status, code] = row;
    const refused = await ListenClient.refusal(platform.gateway.url, query, key, path);
    expect(refused).toMatchObject({ status, error: { code, requestId: expect.stringMatching(/^\w{26}$/) } });
  });

  it('is told to a browser by an event and a close code', async () => {
    const { url } = platform.gateway;
    const wrong = await ListenClient.openInBrowser(url, {}, 'pk_wrong');
    await expect(wrong.closed).resolves.toEqual({ code: 4401, reason: 'auth.invalid_token' });
    expect(wrong.of('Error')[0]?.error.code).toBe('auth.invalid_token');
    const without = await ListenClient.open(url, {}, {});
    await expect(without.closed).resolves.toEqual({ code: 4401, reason: 'auth.missing_token' });
    const query = await ListenClient.openInBrowser(url, { beam_size: '99' });
    expect((await query.closed).code).toBe(4400);
    expect(query.of('Error')[0]?.error.message).toContain('beam_size');
    const model = await ListenClient.openInBrowser(url, { model: 'whisper-of-nobody' });
    await expect(model.closed).resolves.toEqual({ code: 4404, reason: 'model.not_found' });
  });
});

/** Each ends a socket in its own way; resolves when it has. */
const ENDINGS: Readonly<Record<string, (client: ListenClient) => Promise<unknown>>> = {
  CloseStream: (client) => client.control('CloseStream').closed,
  'a close by the client': (client) => {
    client.socket.close(1000);
    return client.closed;
  },
  'a client that vanishes': async (client) => client.socket.terminate(),
  'a reset of the connection': async (client) => socketOf(client).resetAndDestroy(),
  'a connection that the client half-closes': async (client) => socketOf(client).end(),
  silence: (client) => client.closed,
  'a malformed text frame': (client) => {
    client.socket.send('hello?');
    return client.closed;
  },
  'a malformed text frame while audio flows, with the close unread': async (client) => {
    client.socket.send('hello?');
    client.socket.pause();
    for (let sent = 0; sent < 50; sent += 1) client.socket.send(FRAME);
    await pause(300);
  },
  'a reset in the middle of a flood of audio': async (client) => {
    for (let sent = 0; sent < 20; sent += 1) client.socket.send(FRAME);
    await pause(100);
    socketOf(client).resetAndDestroy();
  },
};
/** Those of audio in a container, whose header decides. */
const WAV_ENDINGS: Readonly<Record<string, (client: ListenClient) => Promise<unknown>>> = {
  'a header at fault and then CloseStream': (client) => {
    client.socket.send(Buffer.alloc(400, 1));
    return client.control('CloseStream').closed;
  },
  'less than a header and a client that vanishes': async (client) => {
    client.socket.send(HEADER);
    await pause(200);
    client.socket.terminate();
  },
  'less than a header and silence': (client) => {
    client.socket.send(HEADER);
    return client.closed;
  },
  'less than a header and CloseStream': (client) => {
    client.socket.send(HEADER);
    return client.control('CloseStream').closed;
  },
};

describe('the slots of a live stream', () => {
  afterEach(() => {
    expect(platform.gateway.process.hasEnded).toBe(false);
  });

  const cases = [false, true].flatMap((converse) => [
    ...Object.entries(ENDINGS).map(([name, end]) => ({ name, end, converse, query: {} })),
    ...Object.entries(WAV_ENDINGS).map(([name, end]) => ({
      name,
      end,
      converse,
      query: { encoding: 'wav' },
    })),
  ]);
  it.each(cases)('are free after $name (conversation: $converse)', async ({ end, converse, query }) => {
    const spoken: Record<string, string> = converse ? { converse: 'true', speak: 'false' } : {};
    const client = await ListenClient.open(platform.gateway.url, { ...query, ...spoken });
    await end(client);
    expect(await untilFree()).toBeLessThan(FREE_MS);
    client.socket.terminate();
  });

  const api = () => new PublicSpeechClient(platform.gateway.grpcAddress);
  it.each([
    ['before its configuration', 0],
    ['right after its configuration', 0],
    ['in the middle of its audio', 500],
  ] as const)('are free after a gRPC stream is cancelled %s', async (when, ms) => {
    for (let round = 0; round < 10; round += 1) {
      const stream = api().openStream();
      if (when !== 'before its configuration') stream.configure(CONFIG);
      if (ms > 0) stream.write({ audio: FRAME });
      await pause(ms || round);
      stream.call.cancel();
      await stream.ended;
    }
    expect(await untilFree()).toBeLessThan(FREE_MS);
  });

  it('are free after a gRPC stream without a first message, and one that falls silent, each by the idle limit', async () => {
    const silent = api().openStream();
    await expect(silent.ended).resolves.toMatchObject({ status: 3, code: 'stream.config_missing' });
    const fallen = api().openStream().configure(CONFIG);
    const begun = Date.now();
    await expect(fallen.ended).resolves.toMatchObject({ status: 10, code: 'stream.idle_timeout' });
    expect(Date.now() - begun).toBeLessThan(IDLE_MS + FREE_MS);
    expect(await untilFree()).toBeLessThan(FREE_MS);
  });

  it('no ending is a fault that nothing caught', async () => {
    expect(await platform.gateway.metric('parlance_process_faults_total')).toBe(0);
  });
});
