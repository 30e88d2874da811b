import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Diagnosis } from './diagnosis.js';
import type { Logger } from './logger.js';
import { metricsPage } from './metrics-page.js';
import { startProcessMetrics } from './metrics.js';
import { askReadiness, type Readiness } from './readiness.js';

/** Before the service has started there is nothing to ask. */
const STARTING: Readiness = { parts: () => ({ started: false }) };

const PATHS: readonly (string | undefined)[] = ['/livez', '/healthz', '/readyz', '/metrics'];
const READING: readonly (string | undefined)[] = ['GET', 'HEAD'];

/** Where the operations port is, and the key that opens diagnosis on it. */
interface OpsAddress {
  readonly host: string;
  readonly port: number;
  /** SHA-256 of the operators' key in hex. */
  readonly keySha256?: string | undefined;
}

/** Liveness, readiness and metrics over HTTP on a port that is not for clients. It listens before the service connects to anything:
 *  a process that waits for its bus is alive and not ready, and says both. */
export class OpsServer {
  private readiness = STARTING;
  private others: RequestListener | undefined;

  private constructor(
    private readonly server: Server,
    diagnosis: Diagnosis | undefined,
  ) {
    startProcessMetrics();
    // Of a connection that could not be accepted: others still are.
    server.on('error', (error) => process.emitWarning(error));
    server.on('request', (request, response: ServerResponse) => {
      // Not by URL, which throws for what is none.
      const [path] = (request.url ?? '/').split('?');
      if (diagnosis && Diagnosis.isAbout(path)) void diagnosis.answer(request, response);
      else if (!PATHS.includes(path)) this.pass(request, response);
      else if (!READING.includes(request.method))
        send(response, 405, { status: 'method not allowed' }, { allow: READING.join(', ') });
      // Whoever gets an answer sees that the event loop turns: no other process, and no part of this one, is asked.
      else if (path === '/livez' || path === '/healthz') send(response, 200, { status: 'ok' });
      else if (path === '/readyz') void this.answerReadiness(response);
      else void answerMetrics(response, request.headers.accept);
    });
  }

  /** @param logger  whose level the operators' key may change; without it, or without a key, there is no diagnosis */
  static async listen({ host, port, keySha256 }: OpsAddress, logger?: Logger): Promise<OpsServer> {
    const server = createServer({ maxHeaderSize: 8_192 });
    const isOpen = keySha256 !== undefined && logger !== undefined;
    const ops = new OpsServer(server, isOpen ? new Diagnosis(keySha256, logger) : undefined);
    server.listen(port, host);
    await once(server, 'listening');
    return ops;
  }

  get url(): string {
    const { address, port, family } = this.server.address() as AddressInfo;
    return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** The service has started: from now on its parts are asked.
   *  @param others  answers what is neither a probe nor metrics */
  started(readiness: Readiness, others?: RequestListener): void {
    this.readiness = readiness;
    this.others = others;
  }

  /** A probe's or scraper's idle connection is no reason to wait. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private pass(...[request, response]: Parameters<RequestListener>): void {
    if (this.others) this.others(request, response);
    else send(response, 404, { status: 'not found' });
  }

  private async answerReadiness(response: ServerResponse): Promise<void> {
    try {
      const { status, body } = await askReadiness(this.readiness);
      send(response, status, body);
    } catch {
      send(response, 503, { status: 'not ready', parts: {} });
    }
  }
}

async function answerMetrics(response: ServerResponse, preferences = ''): Promise<void> {
  try {
    const { contentType, text } = await metricsPage(preferences);
    response.writeHead(200, { 'content-type': contentType, vary: 'accept' }).end(text);
  } catch {
    send(response, 500, { status: 'a metric cannot be collected' });
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
    .end(JSON.stringify(body));
}
