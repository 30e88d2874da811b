/** Clients that open a session and are gone: what they opened is gone too. `npm run soak` opens a thousand on each socket. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import { NO_MODELS } from '../support/models.js';
import { API_KEY, Platform } from '../support/platform.js';
import { until } from '../support/until.js';

const COUNT = process.env.PARLANCE_SOAK_REQUESTS === undefined ? 200 : 1_000;
/** Dropped before they are looked at: memory grows to what the first ones in a row take. */
const WARM_UP = COUNT;
const TIDY = { NODE_OPTIONS: '--max-semi-space-size=4 --max-old-space-size=128', MALLOC_ARENA_MAX: '1' };
/** Of file descriptors: connections to stores and services come and go. */
const SPARE = 10;
const MOST_GROWTH = 1.1;
const AUDIO = JSON.stringify({
  type: 'input_audio_buffer.append',
  audio: Buffer.alloc(4_800).toString('base64'),
});
const WRITTEN = JSON.stringify({
  type: 'conversation.item.create',
  item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hello.' }] },
});

interface Dropped {
  /** Of its gauge. */
  readonly name: string;
  readonly path: string;
  readonly frames: readonly (string | Buffer)[];
}

const SOCKETS: Readonly<Record<string, Dropped>> = {
  'of transcription': { name: 'realtime', path: '/v1/realtime?intent=transcription', frames: [AUDIO] },
  'of conversations': {
    name: 'realtime',
    path: '/v1/realtime',
    frames: [AUDIO, WRITTEN, '{"type":"response.create"}'],
  },
  'of live recognition': { name: 'listen', path: '/v1/listen', frames: [Buffer.alloc(3_200)] },
  'of live speech': {
    name: 'speak',
    path: '/v1/speak',
    frames: ['{"type":"Speak","text":"Hello. And"}', '{"type":"Flush"}'],
  },
};

jest.setTimeout(1_200_000);

describe('a socket whose client is gone', () => {
  let platform: Platform;
  beforeAll(async () => {
    platform = await Platform.start({ gateway: TIDY, tts: { ...TIDY, ...NO_MODELS } });
  });
  afterAll(() => platform?.stop());

  /** Opens it, is told something, sends frames, and leaves without a word. */
  const drop = ({ path, frames }: Dropped): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`${platform.gateway.url.replace('http', 'ws')}${path}`, {
        headers: { authorization: `Token ${API_KEY}` },
      });
      socket.on('error', reject);
      socket.on('close', () => resolve());
      socket.on('open', () => {
        for (const frame of frames) socket.send(frame);
        setImmediate(() => socket.terminate());
      });
    });

  const inUse = async ({ name }: Dropped) => {
    const { gateway } = platform;
    const inference = platform.service('inference');
    return {
      sockets: await gateway.metric(`parlance_gateway_${name}_sockets`),
      streams: await inference.metric('parlance_inference_active_streams{kind="live"}'),
      descriptors: await gateway.metric('process_open_fds'),
      resident: await gateway.metric('process_resident_memory_bytes'),
    };
  };

  it.each(Object.keys(SOCKETS))('%s leaves nothing behind', async (kind) => {
    const dropped = SOCKETS[kind]!;
    for (let one = 0; one < WARM_UP; one += 1) await drop(dropped);
    await until(async () => (await inUse(dropped)).streams === 0, 30_000);
    const before = await inUse(dropped);
    for (let one = 0; one < COUNT; one += 1) await drop(dropped);
    await until(async () => {
      const { sockets, streams, descriptors, resident } = await inUse(dropped);
      return (
        sockets === 0 &&
        streams === 0 &&
        descriptors <= before.descriptors + SPARE &&
        resident <= MOST_GROWTH * before.resident
      );
    }, 30_000).catch(async () => expect(await inUse(dropped)).toEqual(before));
    expect(platform.gateway.process.hasEnded).toBe(false);
  });
});
