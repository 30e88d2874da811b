import { afterEach, describe, expect, it } from '@jest/globals';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { listensOnTcp, answersHttp, greetsNats, isPortFree } from './readiness.js';

describe('readiness', () => {
  const servers: Server[] = [];
  /** A server whose callers may leave at any moment. */
  const greeting = (text: string) => createServer((socket) => socket.on('error', () => undefined).end(text));
  async function listen(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  afterEach(() => {
    servers.splice(0).forEach((server) => server.close());
  });

  it('sees a taken port and a free one', async () => {
    const server = createServer();
    const port = await listen(server);
    expect(await isPortFree('127.0.0.1', port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await isPortFree('127.0.0.1', port)).toBe(true);
  });

  it('takes only a server that greets with INFO for NATS', async () => {
    const nats = await listen(greeting('INFO {"server_id":"x"}\r\n'));
    const other = await listen(greeting('SSH-2.0\r\n'));
    expect(await greetsNats(nats)()).toBe(true);
    expect(await greetsNats(other)()).toBe(false);
    expect(await listensOnTcp(other)()).toBe(true);
  });

  it('takes an answer other than 2xx, or none, for not ready', async () => {
    let status = 503;
    const port = await listen(createHttpServer((_, response) => response.writeHead(status).end()));
    const probe = answersHttp(`http://127.0.0.1:${port}/readyz`);
    expect(await probe()).toBe(false);
    status = 200;
    expect(await probe()).toBe(true);
    servers.splice(0).forEach((server) => server.close());
  });
});
