import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBody } from './aws-signature.js';

/** What the server answers: a status, a body, or nothing for ever. */
export type ModerationBehaviour = { readonly status?: number; readonly body?: string } | 'hang';

/** A server speaking OpenAI's moderations: flags what has the word “forbidden” in it, unless told otherwise. */
export class ModerationServer {
  readonly requests: { readonly authorization: string | undefined; readonly body: { input: string } }[] = [];
  behaviour: ModerationBehaviour | undefined;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ModerationServer> {
    const server = createServer();
    const moderation = new ModerationServer(server);
    server.on('request', (request, response) => {
      void readBody(request).then((data) => {
        const body = JSON.parse(data.toString()) as { input: string };
        moderation.requests.push({ authorization: request.headers.authorization, body });
        const { behaviour = verdict(/forbidden/i.test(body.input)) } = moderation;
        if (behaviour !== 'hang') response.writeHead(behaviour.status ?? 200).end(behaviour.body ?? '');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return moderation;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1/moderations`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function verdict(flagged: boolean): ModerationBehaviour {
  return { body: JSON.stringify({ id: 'modr-1', model: 'm', results: [{ flagged, categories: {} }] }) };
}
