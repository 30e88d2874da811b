/** A gateway that is asked to stop, and one whose parts stand still. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { HeapInspector } from '../support/heap-inspector.js';
import { HealthWatch } from '../support/health-watch.js';
import { ListenClient } from '../support/listen-client.js';
import { API_KEY, Platform, type Gateway } from '../support/platform.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { READ_SPEECH, speechAs, speechPcm, wordsOf } from '../support/speech-samples.js';
import type { SuspendableProcess } from '../support/suspendable-process.js';
import { TricklingUpload, type UploadAnswer } from '../support/trickling-upload.js';
import { until } from '../support/until.js';

const DRAIN_MS = 4_000;
/** To close connections, and for a busy machine. */
const LEAVE_MS = 4_000;
const AUDIO = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;

jest.setTimeout(60_000);

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start({
    services: ['inference'],
    gateway: { PARLANCE_DRAIN_MS: String(DRAIN_MS) },
  });
}, 120_000);
afterAll(() => platform?.stop());

/** Opens something at a gateway. @returns what checks that its client is told */
type Opener = (gateway: Gateway) => Promise<() => Promise<void>>;

const transcribe = async (gateway: Gateway): Promise<Response> => {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(speechAs(READ_SPEECH.letter, '-f flac'))]), 'letter.flac');
  return gateway.fetch('/v1/audio/transcriptions', { method: 'POST', body: form });
};

const closedOf = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', resolve));

const OPEN: Readonly<Record<string, Opener>> = {
  'a keep-alive connection that was used': async (gateway) => {
    const agent = new Agent({ keepAlive: true });
    const headers = { authorization: `Bearer ${API_KEY}` };
    const socket = await new Promise<Socket>((resolve, reject) => {
      const asked = get(`${gateway.url}/v1/models`, { agent, headers }, (response) => {
        const { socket: used } = response;
        response.resume().once('end', () => resolve(used));
      });
      asked.on('error', reject);
    });
    return () => closedOf(socket);
  },
  'a connection that says nothing': async (gateway) => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve) => socket.once('connect', resolve));
    return () => closedOf(socket.resume());
  },
  'an upload that trickles': async (gateway) => {
    const upload = new TricklingUpload(gateway.url);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return async () => {
      expect(await upload.answer).toMatchObject({ status: 503, error: { code: 'service.draining' } });
      upload.leave();
    };
  },
  'a transcription that runs': async (gateway) => {
    const answer = transcribe(gateway);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return async () => {
      const response = await answer;
      expect(response.status).toBe(200);
      expect(wordsOf(((await response.json()) as { text: string }).text)).toContain('letter');
    };
  },
  'a socket of /v1/listen': async (gateway) => {
    const client = await ListenClient.open(gateway.url);
    await client.speak(speechPcm(READ_SPEECH.letter), 8);
    await client.next('SpeechStarted');
    return async () => {
      expect(await client.closed).toEqual({ code: 1012, reason: 'service.draining' });
      expect(client.of('Error')[0]?.error.code).toBe('service.draining');
      expect(wordsOf(client.text)).toContain('letter');
    };
  },
  'a socket of /v1/listen in a conversation': async (gateway) => {
    const client = await ListenClient.open(gateway.url, { converse: 'true', speak: 'false' });
    await client.speak(speechPcm(READ_SPEECH.letter), 8);
    await client.next('SpeechStarted');
    return async () => {
      expect(await client.closed).toEqual({ code: 1012, reason: 'service.draining' });
      expect(client.of('TurnTaken')).toHaveLength(client.finals.length);
      expect(client.finals.length).toBeGreaterThan(0);
    };
  },
  'a socket of /v1/listen with less than a header': async (gateway) => {
    const query = { converse: 'true', speak: 'false', encoding: 'wav' };
    const client = await ListenClient.open(gateway.url, query);
    await client.next('Metadata');
    client.socket.send(speechAs(READ_SPEECH.letter, '-f wav').subarray(0, 20));
    return async () => {
      // What was sent until then was no audio, and is not taken for such.
      expect(await client.closed).toEqual({ code: 4422, reason: 'audio.corrupt' });
      expect(await gateway.metric('parlance_process_faults_total').catch(() => 0)).toBe(0);
    };
  },
  'a gRPC stream without a configuration': async (gateway) => {
    const api = new PublicSpeechClient(gateway.grpcAddress);
    const stream = api.openStream();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return async () => {
      expect(await stream.ended).toMatchObject({ status: 14, code: 'service.draining' });
      api.close();
    };
  },
  'a gRPC stream of speech': async (gateway) => {
    const api = new PublicSpeechClient(gateway.grpcAddress);
    const stream = api.openStream().configure({ recognition: { audio: AUDIO }, mode: 'STREAMING_MODE_LIVE' });
    await stream.send(speechPcm(READ_SPEECH.letter));
    await until(() => stream.endpoints.length > 0);
    return async () => {
      expect(await stream.ended).toMatchObject({ status: 14, code: 'service.draining' });
      expect(wordsOf(stream.text)).toContain('letter');
      api.close();
    };
  },
  'a watch of its health': async (gateway) => {
    const watch = new HealthWatch(gateway.grpcAddress, 'parlance.voice.v1.Speech');
    await until(() => watch.statuses.length > 0);
    return async () => {
      expect(await watch.ended).toBe(14);
      expect(watch.statuses).toEqual(['SERVING', 'NOT_SERVING']);
    };
  },
};

describe('a gateway that is asked to stop', () => {
  it.each(Object.entries(OPEN))(
    'ends clean within its limit under %s, whose client is told',
    async (_, open) => {
      const gateway = await platform.startGateway();
      const expectTold = await open(gateway);
      const begun = Date.now();
      const [exitCode] = await Promise.all([gateway.process.end('SIGTERM'), expectTold()]);
      expect(exitCode).toBe(0);
      expect(Date.now() - begun).toBeLessThan(DRAIN_MS + LEAVE_MS);
    },
  );

  it('refuses what is new by service.draining while it hears out what is open', async () => {
    const gateway = await platform.startGateway();
    const upload = new TricklingUpload(gateway.url);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const ended = gateway.process.end('SIGTERM');
    // An idle connection that is used again just when it is closed fails.
    await until(() =>
      fetch(`${gateway.url}/readyz`).then(
        ({ status }) => status === 503,
        () => false,
      ),
    );
    const answer = await gateway.fetch('/v1/models');
    expect(answer.status).toBe(503);
    await expect(answer.json()).resolves.toMatchObject({ error: { code: 'service.draining' } });
    expect(await ListenClient.refusal(gateway.url)).toMatchObject({
      status: 503,
      error: { code: 'service.draining' },
    });
    expect(await ended).toBe(0);
    upload.leave();
  });
});

describe("a gateway's public port", () => {
  it.each(['/metrics', '/api/docs', '/api/docs-json', '/livez'])(
    'does not have %s, which the operations port has',
    async (path) => {
      expect((await platform.gateway.fetch(path)).status).toBe(404);
      expect((await fetch(`${platform.gateway.process.opsUrl}${path}`)).status).toBe(200);
    },
  );
});

describe('a gateway whose parts stand still', () => {
  const parts: [string, () => SuspendableProcess, string][] = [
    ['inference', () => platform.service('inference'), 'inference'],
    ['the bus', () => platform.nats, 'bus'],
    ['the store', () => platform.documents, 'store'],
  ];

  it.each(parts)('is not ready, and says within a second that it is for %s', async (_, part, name) => {
    const { url } = platform.gateway;
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, 20_000);
    part().freeze();
    try {
      const answer = await until(async () => {
        const begun = Date.now();
        const probe = await fetch(`${url}/readyz`);
        expect(Date.now() - begun).toBeLessThan(1_000);
        return probe.status === 503 && probe;
      });
      const { parts: states } = (await answer.json()) as { parts: Record<string, unknown> };
      expect([answer.status, states]).toEqual([
        503,
        { accepting: true, inference: true, bus: true, store: true, [name]: false },
      ]);
      // A restart would cure nothing.
      expect((await fetch(`${platform.gateway.process.opsUrl}/livez`)).status).toBe(200);
    } finally {
      part().thaw();
    }
    await until(async () => (await fetch(`${url}/readyz`)).status === 200, 20_000);
  });

  it.each([
    ['the bus', 'upstream.unavailable', () => platform.nats],
    ['the store', 'store.unavailable', () => platform.documents],
  ] as const)('says of %s that a conversation may be tried again, and logs why', async (_, code, part) => {
    part().freeze();
    try {
      const client = await ListenClient.openInBrowser(platform.gateway.url, {
        converse: 'true',
        speak: 'false',
      });
      expect(await client.closed).toEqual({ code: 4503, reason: code });
      expect(client.of('Error')[0]?.error).toMatchObject({ code, retryable: true });
    } finally {
      part().thaw();
    }
    const told = await until(() => platform.logOf('gateway').find((line) => line.code === code));
    expect(told).toMatchObject({ err: { code, cause: { message: expect.any(String) } } });
  });
});

describe('a gateway whose clients reset their gRPC streams', () => {
  const STREAMS = 500;
  const AT_ONCE = 50;
  /** Of each; an ended call that is kept holds more than twice as much. */
  const MOST_GROWTH_BYTES = 3 * 1_024;

  it('keeps nothing of them: what it holds does not grow with their number', async () => {
    const heap = await HeapInspector.reserve();
    const gateway = await platform.startGateway(heap.environment);
    const api = new PublicSpeechClient(gateway.grpcAddress);
    const storm = async (count: number): Promise<void> => {
      for (let round = 0; round < count / AT_ONCE; round += 1)
        await Promise.all(
          Array.from({ length: AT_ONCE }, async () => {
            const stream = api
              .openStream()
              .configure({ recognition: { audio: AUDIO }, mode: 'STREAMING_MODE_LIVE' });
            stream.write({ audio: Buffer.alloc(3_200) });
            await new Promise(setImmediate);
            stream.call.cancel();
            await stream.ended;
          }),
        );
    };
    try {
      await storm(STREAMS);
      const before = await heap.heldBytes();
      await storm(2 * STREAMS);
      const growth = ((await heap.heldBytes()) - before) / (2 * STREAMS);
      expect(growth).toBeLessThan(MOST_GROWTH_BYTES);
      expect((await transcribe(gateway)).status).toBe(200);
    } finally {
      heap.close();
      api.close();
      await gateway.process.end('SIGTERM');
    }
  });
});

describe('a gateway whose clients hold large uploads open', () => {
  it('keeps within its memory, refuses the rest by a retryable code, and serves the next', async () => {
    const gateway = await platform.startGateway();
    const uploads = Array.from(
      { length: 8 },
      () => new TricklingUpload(gateway.url, '/api/v1/turns', 'audio'),
    );
    try {
      await Promise.all(uploads.map((upload) => upload.send(60 * 2 ** 20)));
      const refused: UploadAnswer[] = [];
      for (const { answer } of uploads)
        answer.then(
          (told) => refused.push(told),
          () => undefined,
        );
      await until(() => refused.length >= 5);
      for (const answer of refused)
        expect(answer).toMatchObject({ status: 429, error: { code: 'inference.overloaded' } });
      // As the chart limits it.
      expect(await gateway.metric('process_resident_memory_bytes')).toBeLessThan(768 * 2 ** 20);
    } finally {
      for (const upload of uploads) upload.leave();
    }
    const next = await until(async () => {
      const answer = await transcribe(gateway);
      return answer.status === 200 ? ((await answer.json()) as { text: string }) : undefined;
    });
    expect(wordsOf(next.text)).toContain('letter');
    await gateway.process.end('SIGTERM');
  });
});
