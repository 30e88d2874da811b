import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../../test/support/until.js';
import { HttpClient } from './http.client.js';

const PATIENCE = { answerMs: 2_000, stallMs: 2_000 };
const NO_PROXIES = { http: undefined, https: undefined, none: undefined };

let server: Server;
afterEach(() => server.closeAllConnections());

/** A server that begins a file and never ends it. */
async function stallingServer(): Promise<string> {
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': '1000' });
    response.write('the beginning');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('the HTTP client', () => {
  it('is closed over a body that nobody reads, which then fails without ending the process', async () => {
    const client = new HttpClient(NO_PROXIES, PATIENCE);
    const { body } = await client.open(await stallingServer(), { from: 0 });
    body.pause();
    await client.close();
    body.read();
    await until(() => body.errored !== null);
    expect(body.errored).toMatchObject({ message: 'terminated' });
    server.close();
  });
});
