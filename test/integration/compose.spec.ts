/** compose.yaml, and its nginx in front of two gateways. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { composeFaults, readComposeFile, substituted } from '../support/compose.js';
import { freePort } from '../support/free-port.js';
import { ListenClient } from '../support/listen-client.js';
import { sumOf } from '../support/metrics-page.js';
import { hasNginx, Nginx } from '../support/nginx.js';
import { API_KEY, Platform } from '../support/platform.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { READ_SPEECH, speechAs, speechPcm, wordsOf } from '../support/speech-samples.js';

const FILE = 'compose.yaml';
const OURS = /^\$\{PARLANCE_REPOSITORY:-parlance\}\/(.+):\$\{PARLANCE_TAG:-dev\}$/;
const NEEDED = { PARLANCE_API_KEYS: 'acme:sha256', S3_ACCESS_KEY: 'key', S3_SECRET_KEY: 'secret' };

jest.setTimeout(120_000);

describe('compose.yaml', () => {
  const file = readComposeFile(FILE);
  const ours = Object.entries(file.services).filter(([, { image }]) => OURS.test(image));

  it('is as the Compose specification has it', async () => {
    expect(await composeFaults(file)).toEqual([]);
    const { nginx } = file.services;
    const broken = { ...file, services: { nginx: { ...nginx!, imagee: 'x' } } };
    expect((await composeFaults(broken)).join()).toContain('imagee');
  });

  it('runs images that are built here, without root, without rights and without a file system to write to', () => {
    expect(ours.map(([name]) => name).sort()).toEqual([
      ...['conversation', 'gateway-1', 'gateway-2', 'inference', 'models', 'tts'],
    ]);
    for (const [name, service] of ours) {
      const image = substituted(OURS.exec(service.image)![1]!);
      expect([name, existsSync(`gpu-images/${image}.Dockerfile`)]).toEqual([name, true]);
      expect([name, service.read_only, service.cap_drop]).toEqual([name, true, ['ALL']]);
    }
  });

  it('mounts files that are there and volumes that it names, and publishes no operations port of ours', () => {
    for (const [name, { volumes = [], ports = [] }] of Object.entries(file.services)) {
      for (const volume of volumes) {
        const [source = ''] = volume.split(':');
        expect([source, source.startsWith('.') ? existsSync(source) : source in file.volumes]).toEqual([
          source,
          true,
        ]);
      }
      if (name !== 'prometheus') expect(ports.join()).not.toContain('9090');
    }
  });

  it('says which variables must be set, and finds every service that another one names', () => {
    const text = JSON.stringify(file);
    expect(() => substituted(text)).toThrow(/(S3_ACCESS_KEY|PARLANCE_API_KEYS): set/);
    const { services } = JSON.parse(substituted(text, NEEDED)) as typeof file;
    const addresses = Object.values(services)
      .flatMap(({ environment = {} }) => Object.values(environment))
      .flatMap((value) => [...value.matchAll(/^(?:\w+:\/\/)?([a-z][\w-]*):\d+/g)].map(([, host]) => host!));
    expect(new Set(addresses)).toEqual(new Set(['nats', 'mongodb', 's3', 'inference', 'tts']));
    const prometheus = parse(readFileSync('compose/prometheus.yml', 'utf8')) as {
      scrape_configs: { dns_sd_configs: { names: string[] }[] }[];
    };
    const scraped = prometheus.scrape_configs.flatMap(({ dns_sd_configs: found }) =>
      found.flatMap(({ names }) => names),
    );
    expect(scraped.sort()).toEqual(
      ours
        .map(([name]) => name)
        .filter((name) => name !== 'models')
        .sort(),
    );
  });
});

(hasNginx() ? describe : describe.skip)('nginx in front of two gateways (needs Debian’s nginx)', () => {
  let platform: Platform;
  let nginx: Nginx;
  let url: string;
  let grpcAddress: string;
  const recording = speechAs(READ_SPEECH.letter, '-t 2 -ar 16000 -ac 1 -f wav');

  beforeAll(async () => {
    platform = await Platform.start({ services: ['inference'], gateways: 2 });
    const [http, grpc] = [await freePort(), await freePort()];
    const replaced: Record<string, string> = {
      'listen 8080;': `listen 127.0.0.1:${http};`,
      'listen 50051 http2;': `listen 127.0.0.1:${grpc} http2;`,
    };
    platform.gateways.forEach((gateway, index) => {
      replaced[`gateway-${index + 1}:8080`] = new URL(gateway.url).host;
      replaced[`gateway-${index + 1}:50051`] = gateway.grpcAddress;
    });
    nginx = await Nginx.start(join(process.cwd(), 'compose/nginx.conf'), replaced, http);
    url = `http://127.0.0.1:${http}`;
    grpcAddress = `127.0.0.1:${grpc}`;
  }, 180_000);
  afterAll(async () => {
    await nginx?.stop();
    await platform?.stop();
  });

  const headers = { authorization: `Bearer ${API_KEY}` };
  const list = () => fetch(`${url}/v1/models`, { headers });
  const transcribe = () => {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(recording)]), 'letter.wav');
    return fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', headers, body: form });
  };

  it('carries a WebSocket and a gRPC stream of speech, and keeps the operations ports to itself', async () => {
    const client = await ListenClient.open(url);
    await client.speak(speechPcm(READ_SPEECH.letter), 8);
    await client.control('CloseStream').closed;
    expect(wordsOf(client.text)).toContain('letter');
    const api = new PublicSpeechClient(grpcAddress);
    const audio = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;
    const stream = api.openStream().configure({ recognition: { audio }, mode: 'STREAMING_MODE_LIVE' });
    await stream.send(speechPcm(READ_SPEECH.letter));
    await stream.end();
    await stream.ended;
    expect(wordsOf(stream.text)).toContain('letter');
    api.close();
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });

  it('loses no request that may be sent again when a gateway is killed under load, and uses it again when it is back', async () => {
    let isOver = false;
    const answers: { what: string; status: number; at: number }[] = [];
    const begun = Date.now();
    const keepAsking = async (what: string, ask: () => Promise<Response>): Promise<void> => {
      while (!isOver) {
        const response = await ask().catch((error: unknown) => ({
          status: 0,
          text: async () => String(error),
        }));
        await response.text();
        answers.push({ what, status: response.status, at: Date.now() - begun });
      }
    };
    const load = [
      ...Array.from({ length: 6 }, () => keepAsking('list', list)),
      ...Array.from({ length: 2 }, () => keepAsking('transcribe', transcribe)),
    ];
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await platform.kill('gateway', 0);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const reopened = await ListenClient.open(url);
    reopened.socket.close();
    await platform.restart('gateway', 0);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    isOver = true;
    await Promise.all(load);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    for (const what of ['list', 'transcribe'])
      expect(answers.filter((answer) => answer.what === what).length).toBeGreaterThan(4);
    // Requests that had been sent to the one that died, and were sent again.
    expect(nginx.errors).toMatch(/connect\(\) failed|prematurely closed|reset by peer/);
    const served = await platform.gateways[0]!.process.samples('parlance_gateway_request_seconds_count', {
      method: 'GET',
      route: '/v1/models',
      status: '200',
    });
    expect(sumOf(served)).toBeGreaterThan(0);
  });
});
