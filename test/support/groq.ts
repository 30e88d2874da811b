import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBody } from './aws-signature.js';

/** How the server treats a request. */
export type GroqBehaviour =
  | { readonly reply: string; readonly pauseMs?: number }
  | { readonly status: number; readonly retryAfterSeconds?: number }
  /** Breaks the connection after these words, or keeps it open and says no more. */
  | { readonly cutAfter: string }
  | { readonly stallAfter: string }
  /** Repeats these words until the client leaves. */
  | { readonly endless: string }
  /** The whole answer at once, as of a server that cannot stream. */
  | { readonly whole: string }
  /** A body that is no event stream, or a broken one. */
  | { readonly body: string; readonly contentType?: string }
  /** Says its own instructions, as a model would that was talked into it. */
  | 'echo'
  | 'empty'
  | 'hang';

export interface GroqRequest {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: {
    model: string;
    stream: boolean;
    max_tokens?: number;
    messages: { role: string; content: string }[];
    response_format?: { type: string; json_schema?: { name: string; schema: object; strict: boolean } };
    stream_options?: { include_usage: boolean };
  };
}

/** A report that fits its schema and finds nothing. */
export const CLEAN_REPORT = {
  errors: [],
  makesSense: true,
  suggestions: ['Say why.'],
  improved: 'Yesterday I went to the market with my sister.',
  scores: { grammar: 81, vocabulary: 72, relevance: 93, coherence: 84 },
};

/** Marks that fit their schema, with quotes of the turn that tests say. */
export const PLAIN_MARKS = {
  vocabulary: { mark: 3.5, evidence: ['market'] },
  grammar: { mark: 3, evidence: ['I go to'] },
};

/** Requests of one kind, and how they are answered. */
class Kind {
  readonly requests: GroqRequest[] = [];
  /** Taken one a request; when empty, `usual` holds. */
  readonly next: GroqBehaviour[] = [];
  constructor(public usual: GroqBehaviour) {}

  receive(request: GroqRequest): GroqBehaviour {
    this.requests.push(request);
    return this.next.shift() ?? this.usual;
  }
}

/** A server speaking Groq's chat-completion stream (OpenAI's server-sent events), failing on command. What it is asked for
 *  beside replies is told apart by its instructions. */
export class GroqServer {
  readonly replies = new Kind({ reply: 'That sounds lovely. What did you buy there?' });
  readonly reports = new Kind({ reply: JSON.stringify(CLEAN_REPORT) });
  readonly evaluations = new Kind({ reply: JSON.stringify(PLAIN_MARKS) });
  readonly summaries = new Kind({ reply: 'They have a cat.' });
  /** Kinds of `response_format` that it has not: it answers 400. */
  readonly refusedFormats = new Set<string>();
  /** How long each answer is thought over, milliseconds. */
  delayMs: () => number = () => 0;
  /** Models that are down: they answer 500. */
  readonly downModels = new Set<string>();

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

  /** Requests for replies; `next` and `usual` are about them too. */
  get requests(): GroqRequest[] {
    return this.replies.requests;
  }

  get next(): GroqBehaviour[] {
    return this.replies.next;
  }

  get usual(): GroqBehaviour {
    return this.replies.usual;
  }

  set usual(behaviour: GroqBehaviour) {
    this.replies.usual = behaviour;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Every kind of request as at the start, none of them seen. */
  reset(): void {
    this.refusedFormats.clear();
    this.downModels.clear();
    for (const kind of [this.replies, this.reports, this.evaluations, this.summaries]) {
      kind.requests.length = 0;
      kind.next.length = 0;
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse((await readBody(request)).toString()) as GroqRequest['body'];
    const received = { path: request.url ?? '', authorization: request.headers.authorization, body };
    const kind = this.kindOf(body);
    if (this.downModels.has(body.model)) {
      kind.requests.push(received);
      return refuse(response, 500);
    }
    const behaviour = kind.receive(received);
    await sleep(this.delayMs());
    if (this.refusedFormats.has(body.response_format?.type ?? '')) return refuse(response, 400);
    if (behaviour === 'hang') return;
    if (behaviour === 'echo') return this.speak(response, body, { reply: body.messages[0]?.content ?? '' });
    if (behaviour === 'empty') return this.speak(response, body, { reply: '' });
    if ('status' in behaviour) return refuse(response, behaviour.status, behaviour.retryAfterSeconds);
    if ('whole' in behaviour) {
      const choices = [{ index: 0, message: { role: 'assistant', content: behaviour.whole } }];
      const usage = { prompt_tokens: 100, completion_tokens: 1 };
      response.writeHead(200, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify({ object: 'chat.completion', choices, usage }));
    }
    if ('body' in behaviour) {
      response.writeHead(200, { 'content-type': behaviour.contentType ?? 'text/event-stream' });
      return void response.end(behaviour.body);
    }
    return this.speak(response, body, behaviour);
  }

  private kindOf({ messages }: GroqRequest['body']): Kind {
    const instructions = messages[0]?.content ?? '';
    if (instructions.startsWith('You judge')) return this.reports;
    if (instructions.startsWith('You mark')) return this.evaluations;
    return instructions.startsWith('You keep the notes') ? this.summaries : this.replies;
  }

  private async speak(
    response: ServerResponse,
    request: GroqRequest['body'],
    behaviour: Exclude<GroqBehaviour, string | { status: number } | { body: string } | { whole: string }>,
  ): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = (content: string): boolean =>
      response.write(event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }));
    if ('endless' in behaviour) {
      while (!response.destroyed) {
        say(behaviour.endless);
        await sleep(1);
      }
      return;
    }
    const [text] = Object.values(behaviour) as [string];
    const words = text.match(/\S+\s*/g) ?? [];
    for (const word of words) {
      say(word);
      if ('reply' in behaviour && behaviour.pauseMs) await sleep(behaviour.pauseMs);
    }
    if ('stallAfter' in behaviour) return;
    if ('cutAfter' in behaviour) {
      await sleep(20);
      return void response.destroy();
    }
    response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    if (request.stream_options?.include_usage)
      response.write(event({ choices: [], usage: { prompt_tokens: 100, completion_tokens: words.length } }));
    response.end('data: [DONE]\n\n');
  }
}

function refuse(response: ServerResponse, status: number, retryAfterSeconds?: number): void {
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ error: { message: 'the vendor says no', type: 'error' } }));
}

function event(body: object): string {
  return `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', ...body })}\n\n`;
}
