import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceAccountAccess } from './api-access.js';
import { ApiTransport } from './api-transport.js';

const MINUTE_MS = 60_000;

describe('ApiTransport', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-account-'));
  const tokens: (string | undefined)[] = [];
  let connections = 0;
  let valid = 'first';
  let now = 0;
  let server: Server;
  let transport: ApiTransport;

  const give = (token: string) => writeFileSync(join(folder, 'token'), `${token}\n`);
  const ask = async (): Promise<number> => {
    const request = { method: 'GET', path: '/version', resource: 'discovery' } as const;
    return transport.send({ ...request, signal: AbortSignal.timeout(5_000) }).then(
      async ({ statusCode, body }) => (await body.text(), statusCode),
      (error: { status: number }) => error.status,
    );
  };

  beforeEach(async () => {
    [connections, now, valid] = [0, 0, 'first'];
    tokens.length = 0;
    give('first');
    writeFileSync(join(folder, 'ca.crt'), '');
    server = createServer((request, response) => {
      tokens.push(request.headers.authorization);
      response.writeHead(request.headers.authorization === `Bearer ${valid}` ? 200 : 401).end('{}');
    });
    server.on('connection', () => (connections += 1));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    transport = new ApiTransport(serviceAccountAccess(`http://127.0.0.1:${port}`, folder), 'test', () => now);
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('sends one request after the other on the connections that it has', async () => {
    for (let i = 0; i < 20; i += 1) expect(await ask()).toBe(200);
    // A second one is opened where the first has not quite ended its answer.
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('reads its credentials again after a minute', async () => {
    await ask();
    give('second');
    now += MINUTE_MS - 1;
    await ask();
    now += 1;
    await ask();
    expect(tokens).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  it('reads them at once when it was refused for them', async () => {
    expect(await ask()).toBe(200);
    valid = 'second';
    give('second');
    expect(await ask()).toBe(401);
    expect(await ask()).toBe(200);
  });

  it('asks for credentials again that could not be read', async () => {
    rmSync(join(folder, 'token'));
    expect(await ask()).toBe(0);
    give('first');
    expect(await ask()).toBe(200);
  });
});
