import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AddressInfo, Socket } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { AppError } from '@parlance/errors';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { assertSamples, ClientSocket, listenFaultEvent } from './client-socket.js';

const elapsed = async (work: Promise<unknown>): Promise<number> => {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
};
const overOf = (served: ClientSocket): Promise<void> =>
  new Promise((resolve) => served.over.addEventListener('abort', () => resolve()));
const never = (): Promise<void> => new Promise(() => undefined);

describe("the gateway's end of a socket", () => {
  let server: WebSocketServer;
  let client: WebSocket;
  let served: ClientSocket;
  beforeEach(async () => {
    server = new WebSocketServer({ port: 0 });
    const accepted = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
    client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    client.on('error', () => undefined);
    await new Promise((resolve) => client.once('open', resolve));
    served = new ClientSocket(await accepted, 'request', silentLogger, listenFaultEvent);
  });
  afterEach(async () => {
    client.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  it('is over at once when it fails, and reads on to the answer of its close while frames still come', async () => {
    served.listen(() => Promise.reject(new AppError('request.invalid', 'wrong')));
    const over = overOf(served);
    const closed = new Promise<number>((resolve) => client.once('close', resolve));
    const told = new Promise<string>((resolve) => client.once('message', (data) => resolve(String(data))));
    for (let frame = 0; frame < 50; frame += 1) client.send(Buffer.alloc(3_200));
    await over;
    expect(served.isClosed).toBe(true);
    expect(JSON.parse(await told)).toMatchObject({ type: 'Error', error: { code: 'request.invalid' } });
    expect(await closed).toBe(4400);
  });

  it('sees within a second that a client is gone whose frames it does not read', async () => {
    served.listen(never);
    for (let frame = 0; frame < 50; frame += 1) client.send(Buffer.alloc(3_200));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const over = overOf(served);
    (Reflect.get(client, '_socket') as Socket).resetAndDestroy();
    expect(await elapsed(over)).toBeLessThan(1_000);
  });

  it('holds up nobody who sends to a client that does not read, once it is over', async () => {
    served.listen(never);
    client.pause();
    const stuck = served.sendBinary(Buffer.alloc(32 * 2 ** 20));
    served.fail(new AppError('stream.idle_timeout', 'silent'));
    expect(await elapsed(stuck)).toBeLessThan(2_000);
  });
});

describe('a message of audio', () => {
  it.each([
    ['audio.empty', 0],
    ['audio.corrupt', 3],
    ['request.too_large', 32_002],
  ])('is refused by %s with %d bytes', (code, bytes) => {
    expect(() => assertSamples(Buffer.alloc(bytes), 1_000, 16_000)).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('may last as long as is allowed', () => {
    assertSamples(Buffer.alloc(2), 1_000, 16_000);
    assertSamples(Buffer.alloc(32_000), 1_000, 16_000);
  });
});
