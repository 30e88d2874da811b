import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { createLogger } from '@parlance/telemetry';
import { until } from '../../../../test/support/until.js';
import { ClusterClient } from './cluster.client.js';
import { Informer } from './informer.js';
import { KINDS } from './kinds.data.js';
import type { KubeObject } from './kube-object.js';

const pod = (name: string, version: number): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'n', uid: name, resourceVersion: String(version) },
});

/** As much of an API server as lists and watches pods. */
class PodServer {
  readonly watches: ServerResponse[] = [];
  readonly asked: string[] = [];
  pods: KubeObject[] = [];
  version = 1;
  answerWatch: (response: ServerResponse) => void = () => undefined;
  private readonly server: Server = createServer((request, response) => this.answer(request, response));

  async start(): Promise<ClusterClient> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    const connections = { headers: {}, dispatcher: new Agent() };
    const access = { server: `http://127.0.0.1:${port}`, connect: async () => connections };
    return new ClusterClient(access, { userAgent: 'test' });
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  tell(type: string, object: object): void {
    this.watches.at(-1)?.write(`${JSON.stringify({ type, object })}\n`);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    this.asked.push(
      query.has('watch') ? `watch ${query.get('resourceVersion')}` : `list ${query.get('continue') ?? ''}`,
    );
    response.writeHead(200, { 'content-type': 'application/json' });
    if (query.has('watch')) {
      response.flushHeaders();
      this.watches.push(response);
      this.answerWatch(response);
      return;
    }
    // Two at a time.
    const from = Number(query.get('continue') ?? 0);
    const next = from + 2 < this.pods.length ? { continue: String(from + 2) } : {};
    const metadata = { resourceVersion: String(this.version), ...next };
    response.end(JSON.stringify({ metadata, items: this.pods.slice(from, from + 2) }));
  }
}

describe('Informer', () => {
  let server: PodServer;
  let informer: Informer;
  let changes: string[];

  beforeEach(async () => {
    server = new PodServer();
    server.pods = ['a', 'b', 'c'].map((name) => pod(name, 1));
    changes = [];
    informer = new Informer(await server.start(), {
      kind: KINDS.pod,
      keep: (object) => object,
      onChange: (object, before) =>
        void changes.push(`${object?.metadata.name ?? '-'} ${before?.metadata.name ?? '-'}`),
      logger: createLogger({ service: 'test', level: 'silent' }),
    });
    informer.start();
    await until(() => server.watches.length === 1);
  });
  afterEach(async () => {
    await informer.stop();
    await server.stop();
  });

  it('lists page by page, then follows what comes, changes and goes', async () => {
    expect(server.asked).toEqual(['list ', 'list 2', 'watch 1']);
    expect(informer.hasSynced).toBe(true);
    server.tell('ADDED', pod('d', 2));
    server.tell('MODIFIED', pod('a', 3));
    server.tell('DELETED', pod('b', 4));
    await until(() => changes.length === 6);
    expect(changes).toEqual(['a -', 'b -', 'c -', 'd -', 'a a', '- b']);
    expect([...informer.list()].map(({ metadata }) => metadata.name).sort()).toEqual(['a', 'c', 'd']);
  });

  it('goes on from the last version when the server ends a watch', async () => {
    server.tell('BOOKMARK', pod('', 41));
    server.watches[0]?.end();
    await until(() => server.watches.length === 2);
    expect(server.asked.at(-1)).toBe('watch 41');
  });

  it('lists again when the version is no longer known, and tells what it missed', async () => {
    server.pods = [pod('a', 7), pod('e', 8)];
    server.version = 9;
    changes.length = 0;
    server.tell('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old', metadata: {} });
    await until(() => server.watches.length === 2);
    expect(server.asked.at(-1)).toBe('watch 9');
    expect(changes.sort()).toEqual(['- b', '- c', 'a a', 'e -']);
  });

  it('begins anew when the connection breaks, and what comes is no line', async () => {
    server.watches[0]?.destroy();
    await until(() => server.watches.length === 2);
    server.watches[1]?.write('{"type":"ADD\n');
    await until(() => server.watches.length === 3);
    server.tell('ADDED', pod('f', 9));
    await until(() => informer.get('n', 'f') !== undefined);
  });
});
