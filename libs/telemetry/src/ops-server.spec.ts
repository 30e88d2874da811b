import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from './logger.js';
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

  it.each(['/livez', '/healthz', '/readyz', '/metrics'])('reads %s alone, and says so', async (path) => {
    ops.started({ parts: () => ({}) }, (_, response) => response.end('not this one'));
    const answer = await fetch(`${ops.url}${path}`, { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await answer.json()).toEqual({ status: 'method not allowed' });
    expect((await get(path, 'HEAD'))[0]).toBe(200);
  });

  it('has the metrics as OpenMetrics where a scraper prefers that', async () => {
    const scrape = async (type: string) => {
      const answer = await fetch(`${ops.url}/metrics`, { headers: { accept: type } });
      return { type: answer.headers.get('content-type'), text: await answer.text() };
    };
    const open = await scrape('application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.3,*/*;q=0.2');
    expect(open.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.text).toMatch(/\n# EOF\n$/);
    const plain = await scrape('*/*');
    expect(plain.type).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(plain.text).not.toContain('# EOF');
    // The same series by both: a scraper that changes its mind keeps its history.
    for (const text of [open.text, plain.text]) expect(text).toMatch(/^process_cpu_seconds_total \d/m);
  });

  it('has no gauge that is named as a counter', async () => {
    const types = (await get('/metrics'))[1].match(/^# TYPE .*$/gm) ?? [];
    expect(types.length).toBeGreaterThan(10);
    expect(types.filter((line) => /_(total|sum|count|bucket|created) gauge$/.test(line))).toEqual([]);
  });

  it('has the metrics, and passes on what it does not know where somebody takes it', async () => {
    expect((await get('/metrics'))[1]).toContain('process_resident_memory_bytes');
    expect((await get('/docs'))[0]).toBe(404);
    ops.started({ parts: () => ({}) }, (request, response) =>
      response.end(`${request.method} ${request.url}`),
    );
    expect(await get('/docs?x=1', 'POST')).toEqual([200, 'POST /docs?x=1']);
    expect(await get('/readyz')).toEqual([200, '{"status":"ready","parts":{}}']);
  });
});

describe('diagnosis on the operations port', () => {
  const KEY = 'ops_key';
  const keySha256 = createHash('sha256').update(KEY).digest('hex');
  const logger = createLogger({ service: 'spec', level: 'silent' });
  let ops: OpsServer;
  beforeEach(async () => {
    ops = await OpsServer.listen({ host: '127.0.0.1', port: 0, keySha256 }, logger);
  });
  afterEach(() => ops.close());

  const ask = async (
    method: string,
    path: string,
    { key = KEY, body }: { key?: string; body?: string } = {},
  ) => {
    const headers = { authorization: `Bearer ${key}` };
    const answer = await fetch(`${ops.url}${path}`, { method, headers, ...(body ? { body } : {}) });
    return [answer.status, (await answer.json()) as Record<string, unknown>] as const;
  };

  it('is refused without the key, and is not there where no key is configured', async () => {
    expect((await ask('GET', '/debug/log-level', { key: 'another' }))[0]).toBe(401);
    expect((await fetch(`${ops.url}/debug/log-level`)).status).toBe(401);
    const without = await OpsServer.listen({ host: '127.0.0.1', port: 0 }, logger);
    const headers = { authorization: `Bearer ${KEY}` };
    expect((await fetch(`${without.url}/debug/log-level`, { headers })).status).toBe(404);
    await without.close();
  });

  it('changes the log level of the running process, to one that there is', async () => {
    expect(await ask('GET', '/debug/log-level')).toEqual([200, { level: 'silent' }]);
    expect(await ask('PUT', '/debug/log-level', { body: '{"level":"fatal"}' })).toEqual([
      200,
      { level: 'fatal' },
    ]);
    expect(logger.level).toBe('fatal');
    for (const body of ['{"level":"loud"}', 'noise', `{"level":"${'x'.repeat(2_000)}"}`])
      expect((await ask('PUT', '/debug/log-level', { body }))[0]).toBe(400);
    expect((await ask('POST', '/debug/log-level'))[0]).toBe(405);
    expect(logger.level).toBe('fatal');
  });

  it('takes a CPU profile and a heap profile, one at a time and of bounded length', async () => {
    const profile = ask('POST', '/debug/profiles/cpu?seconds=0.3');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await ask('POST', '/debug/profiles/heap?seconds=0.1'))[0]).toBe(409);
    expect(await profile).toMatchObject([200, { nodes: expect.any(Array), samples: expect.any(Array) }]);
    expect(await ask('POST', '/debug/profiles/heap?seconds=0.1')).toMatchObject([
      200,
      { head: expect.any(Object) },
    ]);
    for (const seconds of ['0', '-1', '61', 'x'])
      expect((await ask('POST', `/debug/profiles/cpu?seconds=${seconds}`))[0]).toBe(400);
    expect((await ask('GET', '/debug/profiles/cpu'))[0]).toBe(405);
    expect((await ask('POST', '/debug/profiles/disk'))[0]).toBe(404);
  });
});
