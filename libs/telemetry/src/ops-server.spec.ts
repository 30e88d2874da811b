import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OpsServer } from './ops-server.js';
import { askReadiness } from './readiness.js';

describe('the readiness of a service', () => {
  it('is there when all its parts are, and shows what a part says of itself', async () => {
    const parts = { bus: true, provider: 'cpu', store: Promise.resolve(true) };
    expect(await askReadiness({ parts: () => parts })).toEqual({
      status: 200,
      body: { status: 'ready', parts: { bus: true, provider: 'cpu', store: true } },
    });
  });

  it('is missing with one part that is not there, fails, or does not answer before the probe gives up', async () => {
    const missing = [
      () => false,
      () => Promise.reject<boolean>(new Error('away')),
      () => new Promise<boolean>(() => undefined),
    ];
    for (const store of missing) {
      const begun = performance.now();
      expect(await askReadiness({ parts: () => ({ bus: true, store: store() }) })).toEqual({
        status: 503,
        body: { status: 'not ready', parts: { bus: true, store: false } },
      });
      expect(performance.now() - begun).toBeLessThan(1_000);
    }
  });
});

describe("a service's operations port", () => {
  let ops: OpsServer;
  beforeEach(async () => {
    ops = await OpsServer.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => ops.close());

  const get = async (path: string, method = 'GET') => {
    const answer = await fetch(`${ops.url}${path}`, { method });
    return [answer.status, await answer.text()] as const;
  };

  it('says before the service has started that it is alive and not ready', async () => {
    expect((await get('/livez'))[0]).toBe(200);
    expect(await get('/readyz')).toEqual([503, '{"status":"not ready","parts":{"started":false}}']);
  });

  it('says that the process is alive whatever its parts say, which only readiness tells', async () => {
    ops.started({ parts: () => ({ bus: false, store: Promise.reject<boolean>(new Error('away')) }) });
    expect((await get('/livez'))[0]).toBe(200);
    expect((await get('/healthz'))[0]).toBe(200);
    expect(await get('/readyz')).toEqual([503, '{"status":"not ready","parts":{"bus":false,"store":false}}']);
  });

  it('answers a request whose address is none', async () => {
    const { hostname, port } = new URL(ops.url);
    const socket = connect(Number(port), hostname);
    socket.write('GET // HTTP/1.1\r\nHost: ops\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /);
    expect((await get('/livez'))[0]).toBe(200);
  });

  it('has the metrics, and passes on what it does not know where somebody takes it', async () => {
    expect((await get('/metrics'))[1]).toContain('process_resident_memory_bytes');
    expect((await get('/docs'))[0]).toBe(404);
    expect((await get('/livez', 'POST'))[0]).toBe(404);
    ops.started({ parts: () => ({}) }, (request, response) =>
      response.end(`${request.method} ${request.url}`),
    );
    expect(await get('/docs?x=1', 'POST')).toEqual([200, 'POST /docs?x=1']);
    expect(await get('/readyz')).toEqual([200, '{"status":"ready","parts":{}}']);
  });
});
