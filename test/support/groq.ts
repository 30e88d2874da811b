import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBody } from './aws-signature.js';

/** How the server treats its next request. */
export type GroqBehaviour =
  | { readonly reply: string; readonly pauseMs?: number }
  | { readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly cutAfter: string }
  | 'hang';

export interface GroqRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: { model: string; stream: boolean; messages: { role: string; content: string }[] };
}

/** A server speaking Groq's chat-completion stream (OpenAI's server-sent events), failing on command. */
export class GroqServer {
  readonly requests: GroqRequest[] = [];
  /** Taken one a request; when empty, `usual` holds. */
  readonly next: GroqBehaviour[] = [];
  usual: GroqBehaviour = { reply: 'That sounds lovely. What did you buy there?' };

  private constructor(private readonly server: Server) {}

  static async start(): Promise<GroqServer> {
    const server = createServer();
    const groq = new GroqServer(server);
    server.on(
      'request',
      (request, response) => void groq.answer(request, response).catch(() => response.destroy()),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return groq;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await readBody(request)).toString()) as GroqRequest['body'];
    this.requests.push({ path: request.url ?? '', authorization: request.headers.authorization, body });
    const behaviour = this.next.shift() ?? this.usual;
    if (behaviour === 'hang') return;
    if ('status' in behaviour) {
      const { status, retryAfterSeconds } = behaviour;
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      return void response.end(JSON.stringify({ error: { message: 'the vendor says no', type: 'error' } }));
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const text = 'reply' in behaviour ? behaviour.reply : behaviour.cutAfter;
    for (const content of text.match(/\S+\s*/g) ?? []) {
      response.write(event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }));
      if ('reply' in behaviour && behaviour.pauseMs) await sleep(behaviour.pauseMs);
    }
    if ('cutAfter' in behaviour) {
      await sleep(20);
      return void response.destroy();
    }
    response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.end('data: [DONE]\n\n');
  }
}

function event(body: object): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', ...body })}\n\n`;
}
