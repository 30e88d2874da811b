import { execFileSync } from 'node:child_process';
import {
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSigned, readBody } from './aws-signature.js';

/** How the server treats its next request for audio, or for speech marks. */
export type PollyBehaviour = 'speak' | 'hang' | 'cut' | 'nothing' | { readonly status: number };

/** SynthesizeSpeech as the SDK sends it. */
export interface PollyRequest {
  readonly Text: string;
  readonly TextType: string;
  readonly VoiceId: string;
  readonly Engine: string;
  readonly OutputFormat: string;
  readonly SpeechMarkTypes?: readonly string[];
}

const VOICES = [
  { Id: 'Joanna', LanguageCode: 'en-US', Gender: 'Female', SupportedEngines: ['neural', 'standard'] },
  { Id: 'Matthew', LanguageCode: 'en-US', Gender: 'Male', SupportedEngines: ['standard', 'neural'] },
  { Id: 'Amy', LanguageCode: 'en-GB', Gender: 'Female', SupportedEngines: ['neural', 'standard'] },
  { Id: 'Nicole', LanguageCode: 'en-AU', Gender: 'Female', SupportedEngines: ['standard'] },
  { Id: 'Patrick', LanguageCode: 'en-US', Gender: 'Male', SupportedEngines: ['long-form'] },
];

/** A server speaking Polly's REST protocol over HTTP/2 as its SDK does, refusing what is not signed and failing on command. It speaks in tones: 50 ms
 *  for each character at the usual speed, three seconds at most; its marks say that each word begins with its first character. */
export class PollyServer {
  static readonly accessKeyId = 'AKIDTEST';
  static readonly secretAccessKey = 'a-secret-of-the-test';
  /** Requests for audio. */
  readonly requests: PollyRequest[] = [];
  readonly markRequests: PollyRequest[] = [];
  readonly next: PollyBehaviour[] = [];
  usual: PollyBehaviour = 'speak';
  marks: PollyBehaviour = 'speak';
  /** How long each answer takes, milliseconds. */
  delayMs: () => number = () => 0;

  private readonly sessions = new Set<Http2Session>();

  private constructor(private readonly server: Http2Server) {}

  static async start(): Promise<PollyServer> {
    const server = createServer();
    const polly = new PollyServer(server);
    server.on('session', (session: Http2Session) => polly.sessions.add(session));
    server.on('request', (request, response) => void polly.answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return polly;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
    const body = await readBody(request);
    await sleep(this.delayMs());
    if (!isSigned(request, body, PollyServer.secretAccessKey))
      return fail(response, 403, 'SignatureDoesNotMatch');
    if (request.method === 'GET') return describeVoices(request.url, response);
    const asked = JSON.parse(body.toString()) as PollyRequest;
    const forMarks = asked.OutputFormat === 'json';
    (forMarks ? this.markRequests : this.requests).push(asked);
    const behaviour = forMarks ? this.marks : (this.next.shift() ?? this.usual);
    if (behaviour === 'hang') return;
    if (typeof behaviour === 'object') return fail(response, behaviour.status, 'ServiceFailureException');
    const plan = speechPlan(asked.Text);
    const content =
      behaviour === 'nothing' ? Buffer.alloc(0) : forMarks ? marksOf(plan) : tone(plan.lengthMs);
    const type = forMarks ? 'application/x-json-stream' : 'audio/mpeg';
    response.writeHead(200, { 'content-type': type, 'content-length': content.length });
    if (behaviour !== 'cut') return void response.end(content);
    response.write(content.subarray(0, content.length / 2));
    setTimeout(() => response.stream.destroy(new Error('cut')), 20);
  }
}

const LONGEST_MS = 3_000;
const CHARACTER_MS = 50;

interface SpeechPlan {
  readonly ssml: string;
  readonly plain: string;
  readonly characterMs: number;
  readonly lengthMs: number;
}

/** Polly speaks what stands between the tags, at the rate they say. */
function speechPlan(ssml: string): SpeechPlan {
  const [, rate = '100'] = /rate="(\d+)%"/.exec(ssml) ?? [];
  const characterMs = CHARACTER_MS / (Number(rate) / 100);
  const plain = ssml.replace(/<[^>]*>/g, '');
  return { ssml, plain, characterMs, lengthMs: Math.min(plain.length * characterMs, LONGEST_MS) };
}

/** A word mark and a viseme for each word, a silent viseme where a mark of the text follows; offsets in bytes, as Polly's. */
function marksOf({ ssml, plain, characterMs }: SpeechPlan): Buffer {
  const lines: object[] = [];
  let from = 0;
  for (const { 0: word, index } of plain.matchAll(/(?:[\p{L}\p{N}'’]|&\w+;)+/gu)) {
    from = Math.max(from, ssml.indexOf(word, from));
    const start = Buffer.byteLength(ssml.slice(0, from));
    const time = Math.round(index * characterMs);
    lines.push({ time, type: 'word', start, end: start + Buffer.byteLength(word), value: word });
    lines.push({ time, type: 'viseme', value: 'p' });
    if (/[.,!?]/.test(plain[index + word.length] ?? ''))
      lines.push({ time: Math.round((index + word.length) * characterMs), type: 'viseme', value: 'sil' });
    from += word.length;
  }
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** Two pages. */
function describeVoices(url: string, response: Http2ServerResponse): void {
  const isSecond = url.includes('NextToken=second');
  const page = isSecond ? { Voices: VOICES.slice(3) } : { Voices: VOICES.slice(0, 3), NextToken: 'second' };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(page));
}

/** Made once for each length. */
const tones = new Map<number, Buffer>();

function tone(durationMs: number): Buffer {
  const made = tones.get(durationMs);
  if (made) return made;
  const source = `sine=frequency=300:sample_rate=24000:duration=${durationMs / 1_000}`;
  const args = ['-loglevel', 'error', '-f', 'lavfi', '-i', source, '-f', 'mp3', '-b:a', '48k', 'pipe:1'];
  const audio = execFileSync('ffmpeg', args);
  tones.set(durationMs, audio);
  return audio;
}

function fail(response: Http2ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ message: 'the vendor says no' }));
}
