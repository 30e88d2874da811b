import type { RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { RecordingHost } from '../../../../test/support/recording-host.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { RemoteRecordings } from './remote-recordings.client.js';

const SIGNAL = new AbortController().signal;

describe('a recording at an address', () => {
  const servers: RecordingHost[] = [];
  const clients: RemoteRecordings[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.onApplicationShutdown();
    for (const server of servers.splice(0)) server.stop();
  });

  async function served(answer: RequestListener): Promise<string> {
    const server = await RecordingHost.start(answer);
    servers.push(server);
    return server.name;
  }

  function clientFor(...hosts: string[]): RemoteRecordings {
    const listed = hosts.map((entry) => {
      const [host = '', port = ''] = entry.split(':');
      return { host, port, isWildcard: false };
    });
    const config = { remoteRecordings: { hosts: listed, networks: [], limitMs: 500 } };
    const client = new RemoteRecordings(config, silentLogger);
    clients.push(client);
    return client;
  }

  it('is offered where hosts are listed', () => {
    expect([clientFor().isOffered, clientFor('media.example').isOffered]).toEqual([false, true]);
  });

  it('comes as it is sent, with its length', async () => {
    const host = await served((_, response) => {
      response.setHeader('content-length', 5).end('sound');
    });
    const { bytes, length } = await clientFor(host).open(`http://${host}/a.wav`, SIGNAL);
    expect([length, String(await buffer(bytes))]).toEqual([5, 'sound']);
  });

  it('is not asked for of a host that is not listed, or that has a private address', async () => {
    let asked = 0;
    const host = await served((_, response) => {
      asked += 1;
      response.end('secret');
    });
    const port = host.split(':')[1];
    const refused = { code: 'request.invalid', message: expect.stringMatching(/^url: is of a host/) };
    await expect(clientFor('media.example').open(`http://${host}/`, SIGNAL)).rejects.toMatchObject(refused);
    const byName = clientFor(`localhost:${port}`).open(`http://localhost:${port}/`, SIGNAL);
    await expect(byName).rejects.toMatchObject(refused);
    await expect(clientFor(host).open('nonsense', SIGNAL)).rejects.toMatchObject({
      message: 'url: is no address',
    });
    expect(asked).toBe(0);
  });

  it('may be behind redirects within the list, not out of it, and not without end', async () => {
    const host = await served((request, response) => {
      const to = { '/near': '/a.wav', '/far': 'http://evil.example/', '/loop': '/loop' }[request.url ?? ''];
      if (to) response.writeHead(302, { location: to }).end();
      else response.end('sound');
    });
    const client = clientFor(host);
    const { bytes } = await client.open(`http://${host}/near`, SIGNAL);
    expect(String(await buffer(bytes))).toBe('sound');
    await expect(client.open(`http://${host}/far`, SIGNAL)).rejects.toMatchObject({
      message: expect.stringMatching(/^url: is of a host/),
    });
    await expect(client.open(`http://${host}/loop`, SIGNAL)).rejects.toMatchObject({
      message: 'url: the host redirects too often',
    });
  });

  it('is asked for again where its host fails, and refused by its status where it is not there', async () => {
    let asked = 0;
    const host = await served((request, response) => {
      asked += 1;
      response.writeHead(request.url === '/missing' ? 404 : asked === 1 ? 503 : 200).end('sound');
    });
    const client = clientFor(host);
    const { bytes } = await client.open(`http://${host}/`, SIGNAL);
    expect([asked, String(await buffer(bytes))]).toEqual([2, 'sound']);
    await expect(client.open(`http://${host}/missing`, SIGNAL)).rejects.toMatchObject({
      code: 'request.invalid',
      message: 'url: the host answered by 404',
    });
    expect(asked).toBe(3);
  });

  it('is not waited for without end, neither for its beginning nor for its next bytes', async () => {
    const host = await served((request, response) => {
      if (request.url === '/halting') response.write('sou');
    });
    const client = clientFor(host);
    await expect(client.open(`http://${host}/silent`, SIGNAL)).rejects.toMatchObject({
      code: expect.stringMatching(/^(upstream\.unavailable|request\.deadline_exceeded)$/),
    });
    const { bytes } = await client.open(`http://${host}/halting`, SIGNAL);
    await expect(buffer(bytes)).rejects.toThrow();
  });
});
