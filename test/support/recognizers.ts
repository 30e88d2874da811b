import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from './aws-signature.js';

/** How a server treats its next request. */
export type RecognizerBehaviour =
  | { readonly json: object }
  | { readonly status: number; readonly retryAfterSeconds?: number; readonly json?: object }
  | { readonly body: string }
  | 'hang';

export interface RecognizerRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  /** Of a form; empty where the body is the recording itself. */
  readonly fields: Readonly<Record<string, string>>;
  readonly recording: Buffer;
}

/** A recogniser outside the platform that speaks OpenAI's transcription form (`openAiUrl`) and Hugging Face's inference API
 *  (`huggingFaceUrl`), failing on command. */
export class RecognizerServer {
  readonly requests: RecognizerRequest[] = [];
  /** Taken one a request; when empty, `usual` holds. */
  readonly next: RecognizerBehaviour[] = [];
  usual: RecognizerBehaviour = { json: { text: 'From far away.' } };

  private constructor(private readonly server: Server) {}

  static async start(): Promise<RecognizerServer> {
    const server = createServer();
    const recognizer = new RecognizerServer(server);
    server.on(
      'request',
      (request, response) => void recognizer.answer(request, response).catch(() => response.destroy()),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return recognizer;
  }

  get openAiUrl(): string {
    return `${this.huggingFaceUrl}/v1`;
  }

  get huggingFaceUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const type = request.headers['content-type'] ?? '';
    const form = type.startsWith('multipart/')
      ? await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
      : undefined;
    const file = form?.get('file');
    this.requests.push({
      path: request.url ?? '',
      authorization: request.headers.authorization,
      fields: Object.fromEntries(
        [...(form ?? [])].filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
      ),
      recording: file instanceof Blob ? Buffer.from(await file.arrayBuffer()) : body,
    });
    const behaviour = this.next.shift() ?? this.usual;
    if (behaviour === 'hang') return;
    if ('body' in behaviour) return void response.end(behaviour.body);
    const { status = 200, retryAfterSeconds } = 'status' in behaviour ? behaviour : {};
    const hint = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
    response.writeHead(status, { 'content-type': 'application/json', ...hint });
    response.end(JSON.stringify(behaviour.json ?? { error: { message: 'the vendor says no' } }));
  }
}
