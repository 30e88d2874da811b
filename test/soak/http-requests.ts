import { request } from 'node:http';
import { connect } from 'node:net';
import { hostileAudio, hostileJson, hostileText } from './hostile-values.js';
import type { SeededRandom } from './seeded-random.js';
import type { Answer, SoakRequest, Targets } from './soak-request.js';

const ANSWER_LIMIT_MS = 30_000;
const FORM_ROUTES = ['/v1/audio/transcriptions', '/v1/audio/translations', '/api/v1/turns'] as const;
const FIELDS = [
  ...['model', 'language', 'languages', 'prompt', 'response_format', 'timestamp_granularities[]', 'stream'],
  ...['temperature', 'beam_size', 'best_of', 'patience', 'clip_timestamps', 'suppress_tokens', 'batch_size'],
  ...['hotwords', 'vad_filter', 'session', 'speak', 'voice', 'chunking_strategy', 'include[]', 'file'],
];
const READS = [
  ...['/v1/models', '/v1/models/', '/v1/audio/voices', '/api/v1/turns/', '/api/v1/sessions/', '/healthz'],
  ...['/readyz', '/metrics', '/api/docs', '/', '/v1/listen', '/v1/learn', '/v1/stream'],
  ...['/api/asyncapi.json', '/v1/audio/speech', '/socket.io/'],
];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

/** One request over HTTP, from a form with odd fields to what is no HTTP at all. */
export function httpRequest(random: SeededRandom): SoakRequest {
  const make = random.pick([
    form,
    form,
    form,
    brokenForm,
    brokenForm,
    speech,
    speech,
    json,
    read,
    read,
    noHttp,
  ]);
  return make(random);
}

interface Part {
  readonly name: string;
  readonly fileName?: string;
  readonly content: Buffer;
}

function formBody(parts: readonly Part[], boundary: string): Buffer {
  const encoded = parts.flatMap(({ name, fileName, content }) => [
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="${name}"` +
        `${fileName === undefined ? '' : `; filename="${fileName}"\r\ncontent-type: audio/wav`}\r\n\r\n`,
    ),
    content,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...encoded, Buffer.from(`--${boundary}--\r\n`)]);
}

function partsOf(random: SeededRandom): Part[] {
  const fields = random
    .some(FIELDS, 3)
    .map((name) => ({ name, content: Buffer.from(hostileText(random).toWellFormed()) }));
  const name = random.pick(['file', 'file', 'file', 'audio', 'audio', 'other']);
  const file = {
    name,
    fileName: random.pick(['a.wav', 'a.mp3', '', 'x'.repeat(500)]),
    content: hostileAudio(random),
  };
  const files = Array.from({ length: random.pick([1, 1, 1, 1, 0, 2]) }, () => file);
  return random.chance(0.5) ? [...fields, ...files] : [...files, ...fields];
}

function form(random: SeededRandom): SoakRequest {
  const path = random.pick(FORM_ROUTES);
  const body = formBody(partsOf(random), 'soak');
  return http(`POST ${path}, a form`, path, {
    method: 'POST',
    body,
    headers: { 'content-type': 'multipart/form-data; boundary=soak' },
  });
}

/** Cut off, of another boundary, with headers that are none. */
function brokenForm(random: SeededRandom): SoakRequest {
  const path = random.pick(FORM_ROUTES);
  const whole = formBody(partsOf(random), 'soak');
  const type = random.pick([
    ...['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary=other'],
    ...[
      'multipart/form-data; boundary=soak',
      'multipart/form-data; boundary=soak',
      'multipart/mixed; boundary=soak',
    ],
    `multipart/form-data; boundary=${'b'.repeat(300)}`,
  ]);
  const body = random.pick([
    () => whole.subarray(0, random.int(0, whole.length)),
    () => random.mutated(whole),
    () => random.bytes(random.int(0, 2_000)),
    () => Buffer.concat([Buffer.from('--soak\r\n\r\nno headers\r\n'), whole]),
    () =>
      Buffer.concat([Buffer.from(`--soak\r\ncontent-disposition: ${'x'.repeat(20_000)}\r\n\r\n\r\n`), whole]),
    () =>
      Buffer.concat([Buffer.from('--soak\r\ncontent-disposition: form-data; name=""\r\n\r\n\r\n'), whole]),
    () => Buffer.from('--soak--\r\n'),
  ])();
  return http(`POST ${path}, a broken form`, path, {
    method: 'POST',
    body,
    headers: { 'content-type': type },
  });
}

function speech(random: SeededRandom): SoakRequest {
  const fields = [
    'input',
    'model',
    'voice',
    'response_format',
    'speed',
    'language',
    'instructions',
    'stream_format',
  ];
  const body = JSON.stringify({
    input: random.chance(0.5) ? 'Hi.' : hostileText(random),
    voice: random.chance(0.5) ? 'en-us' : hostileText(random),
    ...Object.fromEntries(random.some(fields, 2).map((name) => [name, hostileJson(random)])),
  });
  return http('POST /v1/audio/speech', '/v1/audio/speech', {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
}

/** A body that is no JSON, or says it is something else. */
function json(random: SeededRandom): SoakRequest {
  const body = random.pick([
    () => random.bytes(200).toString('latin1'),
    () => '['.repeat(random.int(1, 50_000)),
    () => JSON.stringify(hostileJson(random)),
    () => `{"input":"${'a'.repeat(random.int(0, 400_000))}"`,
    () => '{"__proto__":{"voice":"x"},"input":"Hi."}',
    () => '',
  ])();
  const type = random.pick(['application/json', 'application/json; charset=nonsense', 'text/plain', '', 'x']);
  return http(`POST /v1/audio/speech, ${type || 'no type'}`, '/v1/audio/speech', {
    method: 'POST',
    body,
    headers: { 'content-type': type, ...(random.chance(0.2) ? { 'content-encoding': 'gzip' } : {}) },
  });
}

function read(random: SeededRandom): SoakRequest {
  const tail = random.chance(0.5) ? hostileText(random).toWellFormed().slice(0, 500) : '';
  const path = `${random.pick(READS)}${random.chance(0.8) ? encodeURIComponent(tail) : tail.replace(/[^!-~]|#/g, '%')}`;
  const query = random.chance(0.3)
    ? `?after=${encodeURIComponent(hostileText(random).toWellFormed().slice(0, 200))}`
    : '';
  const method = random.chance(0.6) ? 'GET' : random.pick(METHODS);
  const authorization = random.chance(0.8)
    ? undefined
    : random.pick(['Bearer', 'Bearer x', 'Basic eA==', '']);
  return http(`${method} ${(path + query).slice(0, 80)}`, path + query, {
    method,
    ...(authorization === undefined ? {} : { headers: { authorization } }),
  });
}

interface Sent {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

function http(title: string, path: string, { method, headers, body }: Sent): SoakRequest {
  return {
    title,
    api: 'http',
    send: ({ url, key }) =>
      new Promise((resolve, reject) => {
        const { hostname, port } = new URL(url);
        const all = { authorization: `Bearer ${key}`, ...headers };
        // A connection of its own: what one request breaks must not be blamed on the next.
        const options = { hostname, port, path, method, headers: all, agent: false };
        const call = request(options, (answer) => {
          void answer.toArray().then((parts: Buffer[]) => {
            const { statusCode: status, rawHeaders } = answer;
            const isText = /json|text/.test(answer.headers['content-type'] ?? '');
            const content = isText ? Buffer.concat(parts).toString() : '';
            // Engine.IO, beneath Socket.IO, has codes of its own.
            const isEngines = path.startsWith('/socket.io/');
            const isBeneathApi = method === 'HEAD' || isEngines || ['/healthz', '/readyz'].includes(path);
            const text = `${rawHeaders.join('\n')}\n${content}`;
            resolve({ status, code: codeIn(content), text, isBeneathApi });
          }, reject);
        });
        call.setTimeout(ANSWER_LIMIT_MS, () =>
          call.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)),
        );
        call.on('error', reject);
        call.end(body);
      }),
  };
}

function codeIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { error?: { code?: string } } | null)?.error?.code;
  } catch {
    return undefined;
  }
}

/** What is no HTTP, or stops in the middle of it. */
function noHttp(random: SeededRandom): SoakRequest {
  const bytes = random.pick([
    () => random.bytes(300),
    () => Buffer.from('GET / HTTP/9.9\r\n\r\n'),
    () => Buffer.from(`GET /${'x'.repeat(70_000)} HTTP/1.1\r\nhost: a\r\n\r\n`),
    () => Buffer.from('POST /v1/audio/speech HTTP/1.1\r\nhost: a\r\ncontent-length: -5\r\n\r\n'),
    () =>
      Buffer.from('POST /v1/audio/speech HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'),
    () =>
      Buffer.from('GET /v1/listen HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
    () => Buffer.from('GET http://[/ HTTP/1.1\r\nhost: a\r\n\r\n'),
    () => Buffer.from('GET //// HTTP/1.1\r\nhost: a\r\n\r\n'),
  ])();
  return { title: 'bytes that are no HTTP', api: 'http', send: (targets) => sendBytes(targets, bytes) };
}

/** @returns what comes back within a quarter of a second; then the client leaves */
function sendBytes({ url }: Targets, bytes: Buffer): Promise<Answer> {
  return new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    const leave = (): void => {
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? NaN);
      const code = codeIn(text.split('\r\n\r\n')[1] ?? '');
      resolve({ status: Number.isNaN(status) ? undefined : status, code, text, isBeneathApi: true });
    };
    const patience = setTimeout(leave, 250);
    socket.on('data', (data) => (text += data.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => (clearTimeout(patience), leave()));
  });
}
