/** What scrapers and orchestrators that people already have read of the services. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { ClientMatrix } from '../support/client-matrix.js';
import { healthList } from '../support/health-watch.js';
import { samplesOf } from '../support/metrics-page.js';
import { NO_MODELS } from '../support/models.js';
import { Platform } from '../support/platform.js';
import { PROMETHEUS_VERSION, PrometheusPython } from '../support/prometheus-python.js';
import { PublicSpeechClient } from '../support/public-speech-client.js';
import { hasPython } from '../support/python-venv.js';
import { READ_SPEECH, speechAs, speechPcm } from '../support/speech-samples.js';

// The first run makes a virtual environment.
jest.setTimeout(240_000);

const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
const AUDIO = { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 } as const;
const matrix = new ClientMatrix();
const withPython = hasPython() ? describe : describe.skip;

let platform: Platform;
/** The trace of the last request of a transcription. */
let trace: string;
beforeAll(async () => {
  platform = await Platform.start({ tts: NO_MODELS });
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(speechAs(READ_SPEECH.letter, '-f flac'))]), 'letter.flac');
  const answer = await platform.gateway.fetch('/v1/audio/transcriptions', { method: 'POST', body: form });
  expect(answer.status).toBe(200);
  trace = answer.headers.get('x-trace-id') ?? 'none';
  await platform.gateway.fetch('/api/v1/turns/01ARZ3NDEKTSV4RRFFQ69G5FAV');
  const api = new PublicSpeechClient(platform.gateway.grpcAddress);
  const stream = api.openStream().configure({ recognition: { audio: AUDIO }, mode: 'STREAMING_MODE_LIVE' });
  await stream.send(speechPcm(READ_SPEECH.letter));
  await stream.end();
  await stream.ended;
  const stranger = new PublicSpeechClient(platform.gateway.grpcAddress, 'pk_wrong');
  await stranger.openStream().ended;
  for (const client of [api, stranger]) client.close();
});
afterAll(() => platform?.stop());

const scrape = (url: string, type: string): Promise<Response> =>
  fetch(`${url}/metrics`, { headers: { accept: type } });

withPython("Prometheus' Python parser of OpenMetrics (needs python3 with venv)", () => {
  const row = matrix.row({
    name: 'prometheus_client',
    registry: 'pip',
    version: PROMETHEUS_VERSION,
    page: '../configuration.md#metrics-and-health',
    suite: 'metrics',
  });
  let python: PrometheusPython;
  beforeAll(async () => {
    python = await PrometheusPython.prepare();
  });

  for (const name of ['gateway', 'inference', 'conversation', 'tts'] as const)
    row.works('metrics', `of ${name} are read: counters, gauges as such, units`, async () => {
      const { opsUrl } = name === 'gateway' ? platform.gateway.process : platform.service(name);
      const answer = await scrape(opsUrl, 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
      expect(answer.headers.get('content-type')).toBe(OPENMETRICS);
      const families = await python.families(await answer.text());
      const family = (wanted: string) => families.find((each) => each.name === wanted);
      expect(family('process_cpu_seconds')).toMatchObject({ type: 'counter', unit: 'seconds' });
      expect(family('process_cpu_seconds')?.samples[0]?.name).toBe('process_cpu_seconds_total');
      expect(family('process_resident_memory_bytes')).toMatchObject({ type: 'gauge', unit: 'bytes' });
      expect(family('nodejs_version')).toMatchObject({ type: 'info' });
      const gauges = families.filter(({ type }) => type === 'gauge');
      expect(gauges.filter(({ name: each }) => /_(total|count)$/.test(each))).toEqual([]);
    });

  row.works('metrics', 'have the trace of a request in a bucket of its route', async () => {
    const answer = await scrape(platform.gateway.process.opsUrl, OPENMETRICS);
    const families = await python.families(await answer.text());
    const requests = families.find(({ name }) => name === 'parlance_gateway_request_seconds');
    expect(requests).toMatchObject({ type: 'histogram', unit: 'seconds' });
    const route = '/v1/audio/transcriptions';
    const ofRoute = requests?.samples.filter(({ labels }) => labels.route === route) ?? [];
    expect(ofRoute.map(({ exemplar }) => exemplar?.trace_id)).toContain(trace);
    expect(ofRoute[0]?.labels).toMatchObject({ method: 'POST', status: '200' });
  });

  matrix.isDocumented();
});

describe('the metrics of a gateway', () => {
  it('are the Prometheus text format for who asks for nothing else', async () => {
    const answer = await scrape(platform.gateway.process.opsUrl, '*/*');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await answer.text()).not.toContain('trace_id');
  });

  it('name routes by their patterns, and calls of gRPC by method and status', async () => {
    const page = await platform.gateway.process.metrics();
    const requests = samplesOf(page, 'parlance_gateway_request_seconds_count');
    expect(requests.map(({ labels }) => labels)).toEqual(
      expect.arrayContaining([{ method: 'GET', route: '/api/v1/turns/:id', status: '404' }]),
    );
    const calls = samplesOf(page, 'parlance_rpc_requests_total').map(({ labels }) => labels);
    const method = 'parlance.voice.v1.Speech/StreamingRecognize';
    expect(calls).toEqual(
      expect.arrayContaining([
        { method, status: 'OK' },
        { method, status: 'UNAUTHENTICATED' },
      ]),
    );
  });
});

describe('the health service of a gateway', () => {
  it('lists every service with its state', async () => {
    expect(await healthList(platform.gateway.grpcAddress)).toEqual({
      '': 'SERVING',
      'parlance.voice.v1.Speech': 'SERVING',
      'parlance.voice.v1.Conversation': 'SERVING',
      'parlance.signs.v1.Signs': 'SERVING',
      'inference.GRPCInferenceService': 'SERVING',
      'grpc.health.v1.Health': 'SERVING',
    });
  });
});

describe('a method that a route does not have', () => {
  /** As fetch does not send it. */
  async function send(method: string, path: string) {
    const answer = await new Promise<IncomingMessage>((resolve, reject) =>
      request(`${platform.gateway.url}${path}`, { method }, resolve).on('error', reject).end(),
    );
    return { status: answer.statusCode, allow: answer.headers.allow, body: await json(answer) };
  }

  it.each(['TRACE', 'PROPFIND', 'DELETE', 'INVENTED'])(
    'such as %s is refused, and the answer names those that it has',
    async (method) => {
      const models = await send(method, '/v1/models');
      expect([models.status, models.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
      expect(models.body).toMatchObject({ error: { code: 'request.method_not_allowed' } });
      const session = await send(method === 'DELETE' ? 'PUT' : method, '/api/v1/voice/sessions/7?x=1');
      expect([session.status, session.allow]).toEqual([405, 'DELETE, GET, HEAD, OPTIONS']);
      expect(session.body).toMatchObject({
        error: { code: 'request.method_not_allowed', requestId: expect.any(String) },
      });
    },
  );
});
