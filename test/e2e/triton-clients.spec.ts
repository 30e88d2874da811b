/** The Open Inference Protocol with tritonclient as it is on PyPI, over HTTP and gRPC, and with plain requests. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { ClientMatrix } from '../support/client-matrix.js';
import { MODEL_ENVIRONMENT } from '../support/models.js';
import { modelFolder, OWN_MODEL, VAD_REQUEST } from '../support/model-folder.js';
import { pageBlock } from '../support/page-blocks.js';
import { API_KEY, OTHER_TENANTS_KEY, Platform } from '../support/platform.js';
import { hasPython } from '../support/python-venv.js';
import { TRITON_VERSION, TritonPython, type TritonApi } from '../support/triton-python.js';

// The first run makes a virtual environment.
jest.setTimeout(240_000);

const PRIVATE = 'private-detector';
const SHARED = 'silero-vad';
const matrix = new ClientMatrix();
const withPython = hasPython() ? describe : describe.skip;

let platform: Platform;
let models: string;
beforeAll(async () => {
  models = await modelFolder(OWN_MODEL, PRIVATE);
  platform = await Platform.start({
    services: ['inference'],
    inference: { PARLANCE_MODELS: `${models},${MODEL_ENVIRONMENT.PARLANCE_MODELS}` },
    gateway: { PARLANCE_MANAGING_TENANT: 'acme', PARLANCE_TENANT_MODELS: `acme:${PRIVATE}` },
  });
});
afterAll(async () => {
  await platform?.stop();
  await rm(models, { recursive: true, force: true });
});

withPython('tritonclient (needs python3 with venv)', () => {
  let python: TritonPython;
  beforeAll(async () => {
    const { url, grpcAddress } = platform.gateway;
    python = await TritonPython.prepare({ http: new URL(url).host, grpc: grpcAddress });
  });

  describe.each<TritonApi>(['http', 'grpc'])('over %s', (api) => {
    const row = matrix.row({
      name: `tritonclient.${api}`,
      registry: 'pip',
      version: TRITON_VERSION,
      page: 'triton.md',
      suite: 'triton-clients',
    });
    const run = <T>(script: string, key = API_KEY) => python.run<T>(api, key, script);

    row.works('models', 'learns what the server is and has, also of a model that is not loaded', async () => {
      const seen = await run<Record<string, unknown>>(`
index = told(client.get_model_repository_index)
index = index['models'] if kind == 'grpc' else index
print(json.dumps({
    'live': client.is_server_live(),
    'ready': client.is_server_ready(),
    'server': told(client.get_server_metadata)['name'],
    'modelReady': [client.is_model_ready(name, headers=headers) for name in ['${SHARED}', '${OWN_MODEL}', 'nobodys']],
    'version': client.is_model_ready('${SHARED}', '1', headers=headers),
    'inputs': [one['name'] + ':' + one['datatype'] for one in told(client.get_model_metadata, '${OWN_MODEL}')['inputs']],
    'config': told(client.get_model_config, '${SHARED}'),
    'index': {one['name']: one['state'] for one in index},
}))`);
      expect(seen).toMatchObject({
        live: true,
        ready: true,
        server: 'parlance',
        modelReady: [true, false, false],
        version: true,
        inputs: ['input:FP32', 'state:FP32', 'sr:INT64'],
        index: { [SHARED]: 'READY', [OWN_MODEL]: 'UNAVAILABLE', [PRIVATE]: expect.any(String) },
      });
      expect(JSON.stringify(seen.config)).toContain('onnxruntime');
    });

    row.works(
      'tensors',
      'runs a model, asks for some outputs and for their classes, and reads what it took',
      async () => {
        const seen = await run<{ all: number[][]; probability: number; classes: string[]; runs: number }>(`
result = client.infer('${SHARED}', frame(), request_id='r1', headers=headers)
only = client.infer('${SHARED}', frame(), '1', outputs=[api.InferRequestedOutput('output')], headers=headers)
wanted = [api.InferRequestedOutput('output', class_count=2)]
classes = client.infer('${SHARED}', frame(), outputs=wanted, headers=headers)
statistics = told(client.get_inference_statistics, '${SHARED}')['model_stats'][0]
print(json.dumps({
    'all': [list(result.as_numpy(name).shape) for name in ['output', 'stateN']],
    'probability': float(only.as_numpy('output')[0][0]),
    'classes': [text.decode() for text in classes.as_numpy('output')],
    'runs': int(statistics['inference_stats']['success']['count']),
}))`);
        expect(seen.all).toEqual([
          [1, 1],
          [2, 1, 128],
        ]);
        expect(seen.probability).toBeGreaterThan(0);
        expect(seen.classes).toHaveLength(1);
        const [value, index] = seen.classes[0]!.split(':').map(Number);
        expect(value).toBeCloseTo(seen.probability, 5);
        expect(index).toBe(0);
        expect(seen.runs).toBeGreaterThanOrEqual(3);
      },
    );

    row.works('errors', 'is told by our code and exactly what does not fit', async () => {
      const seen = await run<string[]>(`
def infer(inputs, model='${SHARED}', **options):
    return refusal(lambda: client.infer(model, inputs, headers=headers, **options))
good = frame()
print(json.dumps([
    infer([good[0], good[1], tensor('sr', np.array(16000, np.int32), 'INT32')]),
    infer([good[0], tensor('state', np.zeros([1, 1, 128], np.float32), 'FP32'), good[2]]),
    infer(good[:2]),
    infer(good, outputs=[api.InferRequestedOutput('nope')]),
    infer(good, sequence_id=1, sequence_start=True),
    infer(good, model='nobodys'),
]))`);
      const code = (name: string): string => (api === 'http' ? `${name}: ` : '');
      expect(seen).toEqual([
        `${code('request.invalid')}inputs: 'sr' must be of the datatype INT64, not INT32.`,
        `${code('request.invalid')}inputs: 'state' must have the shape [2,-1,128], not [1,1,128].`,
        `${code('request.invalid')}inputs: 'sr' is missing.`,
        expect.stringContaining("outputs: there is no 'nope'"),
        expect.stringContaining('parameters.sequence_id: is no option here'),
        `${code('model.not_found')}There is no model 'nobodys'.`,
      ]);
    });

    it("needs a key, and an administrator's to load and unload", async () => {
      const load = `refusal(lambda: client.load_model('${OWN_MODEL}', headers=headers))`;
      expect(await run(`print(json.dumps(${load}))`, 'pk_wrong')).toContain('no known API key');
      expect(await run(`print(json.dumps(${load}))`, OTHER_TENANTS_KEY)).toContain('managing tenant');
      const seen = await run(`
ready = lambda: client.is_model_ready('${OWN_MODEL}', headers=headers)
client.load_model('${OWN_MODEL}', headers=headers)
states = [ready()]
client.unload_model('${OWN_MODEL}', headers=headers)
print(json.dumps(states + [ready()]))`);
      expect(seen).toEqual([true, false]);
    });

    it("does not see another tenant's model", async () => {
      const script = `
index = told(client.get_model_repository_index)
names = [one['name'] for one in (index['models'] if kind == 'grpc' else index)]
print(json.dumps({
    'listed': '${PRIVATE}' in names,
    'described': refusal(lambda: client.get_model_metadata('${PRIVATE}', headers=headers)),
    'run': refusal(lambda: client.infer('${PRIVATE}', frame(), headers=headers)),
}))`;
      expect(await run(script)).toEqual({ listed: true, described: 'not refused', run: 'not refused' });
      const missing = expect.stringContaining(`There is no model '${PRIVATE}'.`);
      expect(await run(script, OTHER_TENANTS_KEY)).toEqual({
        listed: false,
        described: missing,
        run: missing,
      });
    });
  });

  it('sends JSON and compressed bodies over HTTP, and gets JSON where it asks for it', async () => {
    const seen = await python.run<number[]>(
      'http',
      API_KEY,
      `
as_json = [api.InferRequestedOutput('output', binary_data=False)]
results = [
    client.infer('${SHARED}', frame(binary_data=False), outputs=as_json, headers=headers),
    client.infer('${SHARED}', frame(), request_compression_algorithm='gzip', headers=headers),
    client.infer('${SHARED}', frame(), request_compression_algorithm='deflate', headers=headers),
]
print(json.dumps([float(one.as_numpy('output')[0][0]) for one in results]))`,
    );
    expect(seen[1]).toBeCloseTo(seen[0]!, 6);
    expect(seen[2]).toBe(seen[1]);
  });

  it('streams over gRPC, each request by its id and a fault without an end', async () => {
    const seen = await python.run<[string | null, string | null][]>(
      'grpc',
      API_KEY,
      `
seen = []
def answered(result, error):
    seen.append((result.get_response().id if result else None, error.message() if error else None))
client.start_stream(answered, headers=headers)
client.async_stream_infer('${SHARED}', frame(), request_id='a')
client.async_stream_infer('nobodys', frame(), request_id='b')
client.async_stream_infer('${SHARED}', frame(), request_id='c', enable_empty_final_response=True)
client.stop_stream()
print(json.dumps(seen))`,
    );
    expect(seen).toEqual([
      ['a', null],
      [null, expect.stringMatching(/^model\.not_found: /)],
      ['c', null],
    ]);
  });

  it('runs the program of its page', async () => {
    expect(await python.run('http', API_KEY, pageBlock('triton.md', 'python'))).toBeGreaterThan(0);
  });

  matrix.isDocumented();
});

describe('plain requests of the Open Inference Protocol', () => {
  const infer = (init: RequestInit) => platform.gateway.fetch(`/v2/models/${SHARED}/infer`, init);
  const body = JSON.stringify(VAD_REQUEST);

  it.each(['application/json', 'application/x-www-form-urlencoded'])(
    'are read whatever their type is: %s',
    async (type) => {
      const answer = await infer({ method: 'POST', body, headers: { 'content-type': type } });
      expect(await answer.json()).toMatchObject({
        model_name: SHARED,
        model_version: '1',
        id: 'r1',
        outputs: [{ name: 'output', datatype: 'FP32', shape: [1, 1], data: [expect.any(Number)] }, {}],
      });
    },
  );

  it("are refused in Triton's shape", async () => {
    const answer = await infer({ method: 'POST', body: '{' });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: 'request.invalid: body: is no JSON' },
    ]);
    const nobody = await fetch(`${platform.gateway.url}/v2`);
    expect(nobody.status).toBe(401);
    expect(await nobody.json()).toEqual({ error: expect.stringMatching(/^auth\.missing_token: /) });
    const nothing = await platform.gateway.fetch('/v2/nothing');
    expect([nothing.status, await nothing.json()]).toEqual([
      404,
      { error: 'request.not_found: There is nothing at this address.' },
    ]);
  });

  it('may not be larger than a message to inference', async () => {
    const answer = await infer({ method: 'POST', body: Buffer.alloc(17 * 2 ** 20) });
    expect([answer.status, await answer.json()]).toEqual([
      413,
      { error: 'request.too_large: A request may have 16 MiB at most.' },
    ]);
  });
});
