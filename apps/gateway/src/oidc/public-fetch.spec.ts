import { once } from 'node:events';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { isFetchable, isPublic, PrivateAddress, publicFetch, publicLookup } from './public-fetch.js';

const GET = { method: 'GET', headers: {}, body: undefined, redirect: 'manual' } as const;

describe('an address that others chose', () => {
  it.each([
    ['https://login.example', true, true],
    ['https://8.8.8.8/', true, true],
    ['http://login.example', false, false],
    ['http://localhost:8080', false, true],
    ['http://127.0.0.1:8080', false, true],
    ['http://[::1]:8080', false, true],
    ['http://192.168.0.1', false, false],
    ['https://localhost', false, true],
    ['https://a.localhost', false, true],
    ['https://127.0.0.1', false, true],
    ['https://127.1', false, true],
    ['https://0x7f000001', false, true],
    ['https://2130706433', false, true],
    ['https://10.1.2.3', false, true],
    ['https://169.254.169.254/latest/meta-data', false, true],
    ['https://100.64.0.1', false, true],
    ['https://[::ffff:10.0.0.1]', false, true],
    ['https://[fd00::1]', false, true],
    ['https://[64:ff9b::a00:1]', false, true],
    ['https://0.0.0.0', false, true],
    ['https://user:password@login.example', false, false],
    ['file:///etc/passwd', false, false],
    ['gopher://login.example', false, false],
    ['login.example', false, false],
  ])('%s is fetched: %s, where private ones are allowed: %s', (address, byDefault, allowed) => {
    expect([isFetchable(address, false), isFetchable(address, true)]).toEqual([byDefault, allowed]);
  });

  it('is not fetched where its name leads to a private network', async () => {
    const found = await new Promise((resolve) => publicLookup('localhost', {}, resolve));
    expect(found).toBeInstanceOf(PrivateAddress);
    for (const address of [
      '192.168.1.1',
      '172.16.0.1',
      '::1',
      'fe80::1',
      '224.0.0.1',
      '255.255.255.255',
      'x',
    ])
      expect([address, isPublic(address)]).toEqual([address, false]);
    for (const address of ['8.8.8.8', '2606:4700::1111'])
      expect([address, isPublic(address)]).toEqual([address, true]);
    await expect(
      publicFetch({ allowPrivate: false, limitMs: 500 })('https://127.0.0.1/', GET),
    ).rejects.toThrow(PrivateAddress);
  });

  it('does not lead to another one, is not waited for, and does not fill the memory', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/redirect') response.writeHead(302, { location: 'https://evil.example/' }).end();
      if (request.url === '/large') response.end(Buffer.alloc(2 ** 20));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    try {
      const fetch = publicFetch({ allowPrivate: true, limitMs: 1_000 });
      expect((await fetch(`${url}/redirect`, GET)).status).toBe(302);
      await expect(fetch(`${url}/large`, GET).then((answer) => answer.text())).rejects.toThrow();
      await expect(fetch(`${url}/silent`, { ...GET, signal: AbortSignal.timeout(200) })).rejects.toThrow();
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('is not read where the answer is compressed: what is counted of it is not what it comes to', async () => {
    const server = createServer((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(2 ** 22)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const get = publicFetch({ allowPrivate: true, limitMs: 2_000 });
    await expect(get(`http://127.0.0.1:${port}/`, GET)).rejects.toThrow('compressed');
    server.close();
    server.closeAllConnections();
  });
});
