import { execFileSync } from 'node:child_process';
import {
  createServer,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { isSigned, readBody } from './aws-signature.js';

/** How the server treats its next synthesis. */
export type PollyBehaviour = 'speak' | 'hang' | 'cut' | { readonly status: number };

/** A server speaking Polly's REST protocol over HTTP/2 as its SDK does, refusing what is not signed and failing on command. It speaks in tones: 50 ms
 *  for each character, three seconds at most. */
export class PollyServer {
  static readonly accessKeyId = 'AKIDTEST';
  static readonly secretAccessKey = 'a-secret-of-the-test';
  readonly requests: { Text: string; VoiceId: string; Engine: string; OutputFormat: string }[] = [];
  readonly next: PollyBehaviour[] = [];
  usual: PollyBehaviour = 'speak';

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
    if (!isSigned(request, body, PollyServer.secretAccessKey))
      return fail(response, 403, 'SignatureDoesNotMatch');
    if (request.method === 'GET') {
      const Voices = ['Joanna', 'Matthew', 'Amy'].map((Id) => ({
        Id,
        LanguageCode: Id === 'Amy' ? 'en-GB' : 'en-US',
      }));
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ Voices }));
    }
    const asked = JSON.parse(body.toString()) as (typeof this.requests)[number];
    this.requests.push(asked);
    const behaviour = this.next.shift() ?? this.usual;
    if (behaviour === 'hang') return;
    if (typeof behaviour === 'object') return fail(response, behaviour.status, 'ServiceFailureException');
    const audio = tone(Math.min(asked.Text.length * 50, LONGEST_MS));
    response.writeHead(200, { 'content-type': 'audio/mpeg', 'content-length': audio.length });
    if (behaviour === 'speak') return void response.end(audio);
    response.write(audio.subarray(0, audio.length / 2));
    setTimeout(() => response.stream.destroy(new Error('cut')), 20);
  }
}

const LONGEST_MS = 3_000;

function tone(durationMs: number): Buffer {
  const source = `sine=frequency=300:sample_rate=24000:duration=${durationMs / 1_000}`;
  const args = ['-loglevel', 'error', '-f', 'lavfi', '-i', source, '-f', 'mp3', '-b:a', '48k', 'pipe:1'];
  return execFileSync('ffmpeg', args);
}

function fail(response: Http2ServerResponse, status: number, type: string): void {
  response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
  response.end(JSON.stringify({ message: 'the vendor says no' }));
}
