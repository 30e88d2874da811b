import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as grpc from '@grpc/grpc-js';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import { PORTS, type PortName } from '@parlance/cli/machine/settings';
import { ConverseClient } from '../support/converse-client.js';
import { freePort } from '../support/free-port.js';
import { MODEL_ENVIRONMENT } from '../support/models.js';

/** On a busy machine four services start, and take a turn. */
const UP_LIMIT_MS = 180_000;
const DOWN_LIMIT_MS = 60_000;

describe('make up TLS=1', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-up-'));
  const ports = new Map<PortName, number>();
  let environment: NodeJS.ProcessEnv;
  let printed: string;
  let ca: Buffer;
  let key: string;

  /** Runs make as a person would, on ports and in a folder of this test. What `make setup` brings is there already, and is not compiled anew
   *  while other suites use it. @returns what it printed */
  async function make(target: string, timeout: number): Promise<string> {
    const args = ['--no-print-directory', '-o', 'setup', target, 'TLS=1', 'DETACH=1'];
    const { stdout } = await promisify(execFile)('make', args, { env: environment, timeout });
    return stdout;
  }

  const address = (name: PortName): string => `127.0.0.1:${ports.get(name)!}`;

  /** @param authority  whom the client trusts; undefined: the public ones */
  async function fetched(path: string, authority?: Buffer): Promise<number> {
    const headers = { authorization: `Bearer ${key}` };
    const request = get(`https://${address('http')}${path}`, {
      ...(authority ? { ca: authority } : {}),
      headers,
      agent: false,
    });
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    response.resume();
    return response.statusCode;
  }

  beforeAll(async () => {
    const own: Record<string, string> = {};
    for (const [name, { variable }] of Object.entries(PORTS)) {
      ports.set(name as PortName, await freePort());
      own[variable] = String(ports.get(name as PortName));
    }
    const {
      NODE_OPTIONS: _,
      NATS_URL: __,
      MONGODB_URI: ___,
      TELEGRAM_BOT_TOKEN: ____,
      ...rest
    } = process.env;
    environment = { ...rest, ...MODEL_ENVIRONMENT, ...own, PARLANCE_CACHE: folder };
    printed = await make('up', UP_LIMIT_MS);
    ca = readFileSync(join(folder, 'tls/ca.pem'));
    key = readFileSync('.cache/dev-key', 'utf8').trim();
  }, UP_LIMIT_MS);
  afterAll(async () => {
    // Also where starting it failed half-way.
    await make('down', DOWN_LIMIT_MS).catch(() => undefined);
    rmSync(folder, { recursive: true });
  }, DOWN_LIMIT_MS);

  it('starts the platform, takes a sample turn by TLS, and says where the authority lies', () => {
    expect(printed).toContain('Parlance is up.');
    expect(printed).toContain(`HTTP        https://${address('http')}/v1/audio/transcriptions`);
    expect(printed).toContain(`WebSocket   wss://${address('http')}/v1/listen`);
    expect(printed).toContain(`Authority   ${join(folder, 'tls/ca.pem')}`);
  });

  it('answers by https whoever trusts the local authority, and nobody in the clear', async () => {
    expect(await fetched('/v1/models', ca)).toBe(200);
    await expect(fetched('/v1/models')).rejects.toThrow(/self-signed|verify|unable to get/);
    await expect(fetch(`http://${address('http')}/v1/models`)).rejects.toThrow();
  });

  it('answers by wss', async () => {
    const socket = new WebSocket(`wss://${address('http')}/v1/listen?opening_metadata=true&token=${key}`, {
      ca,
    });
    const [first] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(first.toString())).toMatchObject({ type: 'Metadata' });
    socket.terminate();
  });

  it('answers by gRPC over TLS', async () => {
    const client = new ConverseClient(address('grpc'), grpc.credentials.createSsl(ca));
    const stream = client.open({ token: key }).configure({});
    expect((await stream.next('started')).sessionId).toMatch(/^[0-9A-Z]{26}$/);
    stream.call.cancel();
    client.close();
    const plain = new ConverseClient(address('grpc'));
    expect((await plain.open({ token: key }).configure({}).ended).status).toBe(grpc.status.UNAVAILABLE);
    plain.close();
  });

  it(
    'is stopped by make down, which leaves no port taken',
    async () => {
      await make('down', DOWN_LIMIT_MS);
      for (const name of ['http', 'grpc', 'inference', 'tts', 'nats', 'documents'] as const)
        expect([name, await isTaken(ports.get(name)!)]).toEqual([name, false]);
    },
    DOWN_LIMIT_MS,
  );
});

function isTaken(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true)).on('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
