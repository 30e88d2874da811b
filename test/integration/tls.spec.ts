import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type PeerCertificate, type TLSSocket } from 'node:tls';
import { credentials, loadPackageDefinition, status, type ServiceError } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import WebSocket from 'ws';
import { MessageBus, NatsConnection } from '@parlance/messaging';
import { StoreConnection } from '@parlance/persistence';
import { GrpcClientPool, loadProtocols, CertificateFiles } from '@parlance/rpc';
import type { SpeechClient, SynthesisClient } from '@parlance/contracts';
import { toAppError } from '@parlance/errors';
import { localCertificates, type LocalCertificates } from '../../tools/dev/src/local-authority.js';
import { freePort } from '../support/free-port.js';
import { DocumentStoreServer } from '../support/mongo.js';
import { NatsServer } from '../support/nats.js';
import { API_KEY, Platform, type Gateway } from '../support/platform.js';
import { silentLogger } from '../support/silent-logger.js';
import { until } from '../support/until.js';

describe('TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parlance-tls-'));
  /** What the gateway shows; replaced while it runs. */
  const presented = { cert: join(folder, 'presented.pem'), key: join(folder, 'presented.key') };
  let own: LocalCertificates;
  let foreign: LocalCertificates;
  let ca: Buffer;
  let platform: Platform;
  let gateway: Gateway;

  beforeAll(async () => {
    own = await localCertificates(join(folder, 'own'));
    foreign = await localCertificates(join(folder, 'foreign'));
    ca = readFileSync(own.ca);
    show(own);
    platform = await Platform.start({
      services: ['inference', 'tts'],
      environment: {
        PARLANCE_MTLS_CA: own.ca,
        PARLANCE_MTLS_CERT: own.cert,
        PARLANCE_MTLS_KEY: own.key,
        PARLANCE_TLS_RELOAD_MS: '100',
      },
      tts: { PARLANCE_MODELS: 'no-models' },
      gateway: { PARLANCE_TLS_CERT: presented.cert, PARLANCE_TLS_KEY: presented.key },
    });
    gateway = platform.gateway;
  }, 90_000);
  afterAll(async () => {
    await platform?.stop();
    rmSync(folder, { recursive: true });
  });

  function show({ cert, key }: LocalCertificates): void {
    copyFileSync(cert, presented.cert);
    copyFileSync(key, presented.key);
  }

  const httpPort = (): number => Number(new URL(gateway.url).port);

  /** @returns status and body of the answer */
  async function fetched(path: string, authority = ca): Promise<{ status: number; body: Buffer }> {
    const headers = { authorization: `Bearer ${API_KEY}` };
    const request = get({ host: '127.0.0.1', port: httpPort(), path, ca: authority, headers, agent: false });
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    return { status: response.statusCode, body: Buffer.concat(parts) };
  }

  async function secureSocket(options: object = {}): Promise<TLSSocket> {
    const socket = connect({ host: '127.0.0.1', port: httpPort(), ca, ...options });
    await once(socket, 'secureConnect');
    return socket;
  }

  const speech = () => {
    const { parlance } = loadPackageDefinition(loadProtocols(['voice', 'health'])) as never as {
      parlance: { voice: { v1: { Speech: new (...args: unknown[]) => HealthLike } } };
    };
    return parlance.voice.v1.Speech;
  };

  it('is what the gateway speaks over HTTP, to the services behind it by certificates', async () => {
    expect((await fetched('/readyz')).status).toBe(200);
    const voices = await fetched('/v1/audio/voices');
    expect([voices.status, voices.body.toString()]).toEqual([200, expect.stringContaining('en-us')]);
    // Probes and scrapers come by a port of their own, without certificates.
    expect((await fetch(`${gateway.process.opsUrl}/livez`)).status).toBe(200);
    expect((await fetched('/metrics')).status).toBe(404);
    await expect(fetched('/readyz', readFileSync(foreign.ca))).rejects.toThrow(/self-signed|verify/);
    await expect(fetch(`http://127.0.0.1:${httpPort()}/readyz`)).rejects.toThrow();
  });

  it('is what the gateway speaks over WebSocket', async () => {
    const url = `wss://127.0.0.1:${httpPort()}/v1/listen?opening_metadata=true&token=${API_KEY}`;
    const socket = new WebSocket(url, { ca });
    const [first] = (await once(socket, 'message')) as [Buffer];
    // Recognition has opened a stream behind it.
    expect(JSON.parse(first.toString())).toMatchObject({ type: 'Metadata' });
    socket.terminate();
  });

  it('is what the gateway speaks over gRPC', async () => {
    const Client = speech();
    const client = new Client(gateway.grpcAddress, credentials.createSsl(ca));
    const plain = new Client(gateway.grpcAddress, credentials.createInsecure());
    expect(await codeOf(client)).toBe(status.UNAUTHENTICATED);
    expect(await codeOf(plain)).toBe(status.UNAVAILABLE);
  });

  it('is 1.2 at least', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' };
    await expect(secureSocket(old)).rejects.toThrow(/protocol version|alert/);
    const socket = await secureSocket({ maxVersion: 'TLSv1.2' });
    expect(socket.getProtocol()).toBe('TLSv1.2');
    socket.destroy();
  });

  it('takes another certificate while it runs: new connections get it, open ones go on', async () => {
    const before = await secureSocket();
    const first = fingerprintOf(before);
    const renewed = await localCertificates(join(folder, 'renewed'));
    // Someone is writing: the certificate is there, its key not yet.
    copyFileSync(renewed.cert, presented.cert);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect((await fetched('/healthz')).status).toBe(200);
    show(renewed);
    const changed = await until(async () => {
      const socket = await secureSocket({ ca: readFileSync(renewed.ca) }).catch(() => undefined);
      const fingerprint = socket && fingerprintOf(socket);
      socket?.destroy();
      return fingerprint !== first && fingerprint;
    });
    expect(changed).not.toBe(first);
    before.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const [answer] = (await once(before, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200/);
    before.destroy();
    const Client = speech();
    const client = new Client(gateway.grpcAddress, credentials.createSsl(readFileSync(renewed.ca)));
    expect(await codeOf(client)).toBe(status.UNAUTHENTICATED);
    show(own);
  });

  describe('between services', () => {
    it.each(['tts', 'inference'] as const)(
      '%s keeps out who has no certificate of the authority, and lets in who has',
      async (service) => {
        const address = platform.grpcAddressOf(service);
        const files = (paths: LocalCertificates) => new CertificateFiles(paths, { checkEveryMs: 60_000 });
        expect(await outcomeAt(service, files(own))).toBe(
          service === 'tts' ? 'ok' : 'audio.unsupported_format',
        );
        expect(await outcomeAt(service)).toBe('upstream.unavailable');
        expect(await outcomeAt(service, files(foreign))).toBe('upstream.unavailable');
        const Client = speech();
        expect(await codeOf(new Client(address, credentials.createSsl(ca)))).toBe(status.UNAVAILABLE);
      },
    );

    /** What a call comes to: `ok`, or the code that it is refused with. Inference gets nothing to recognise. */
    async function outcomeAt(service: 'tts' | 'inference', certificates?: CertificateFiles): Promise<string> {
      const options = { addresses: [platform.grpcAddressOf(service)], certificates };
      const signal = AbortSignal.timeout(5_000);
      const tts = new GrpcClientPool<SynthesisClient>('tts', options);
      const voice = new GrpcClientPool<SpeechClient>('voice', options);
      try {
        if (service === 'tts')
          await tts.call((client, answer) => client.ListVoices({}, answer as never), signal);
        else await voice.call((client, answer) => client.Recognize({}, answer as never), signal);
        return 'ok';
      } catch (error) {
        return toAppError(error).code;
      } finally {
        tts.close();
        voice.close();
        certificates?.close();
      }
    }

    it('is how the bus is reached that asks for certificates', async () => {
      const nats = await NatsServer.start(own);
      try {
        const options = { natsUrl: nats.url, name: 'test', connectTimeoutMs: 1_000 };
        const connection = await NatsConnection.open({ ...options, tls: own }, silentLogger);
        await new MessageBus(connection, silentLogger).onModuleInit();
        await connection.close();
        await expect(NatsConnection.open(options, silentLogger)).rejects.toMatchObject({
          code: 'upstream.unavailable',
        });
      } finally {
        await nats.stop();
      }
    }, 30_000);

    it('is how the document store is reached that asks for certificates', async () => {
      const documents = await DocumentStoreServer.start();
      const plain = new URL(documents.uri('x').replace('mongodb:', 'http:'));
      const server = createServer(
        { ...pem(own), ca, requestCert: true, rejectUnauthorized: true },
        (client) => {
          const store = connectTcp(Number(plain.port), '127.0.0.1');
          for (const socket of [client, store]) socket.on('error', () => undefined);
          client.pipe(store).pipe(client);
        },
      );
      server.on('tlsClientError', () => undefined);
      await once(server.listen(0, '127.0.0.1'), 'listening');
      try {
        const { port } = server.address() as AddressInfo;
        const mongodbUri = `mongodb://127.0.0.1:${port}/x?tls=true&directConnection=true`;
        const options = { mongodbUri, name: 'test', connectTimeoutMs: 2_000 };
        const store = await StoreConnection.open({ ...options, tls: own }, silentLogger);
        expect(await store.isReady()).toBe(true);
        await store.close();
        const without = StoreConnection.open({ ...options, tls: { ...foreign, ca: own.ca } }, silentLogger);
        await expect(without).rejects.toMatchObject({ code: 'store.unavailable' });
      } finally {
        server.close();
        await documents.stop();
      }
    }, 30_000);

    it('keeps a service from starting with files that cannot be used: every fault at once, exit code 2', async () => {
      const broken = join(folder, 'broken.pem');
      writeFileSync(broken, 'nothing');
      const child = spawn('node_modules/.bin/node', ['apps/inference/dist/main.js'], {
        env: {
          PATH: process.env.PATH,
          PARLANCE_GRPC_PORT: String(await freePort()),
          PARLANCE_MTLS_CA: own.ca,
          PARLANCE_MTLS_CERT: broken,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      const [errors, [code]] = await Promise.all([child.stderr.toArray(), once(child, 'exit')]);
      expect(code).toBe(2);
      expect(errors.join('')).toMatch(/PARLANCE_MTLS_KEY: is needed as well/);
    });
  });

  function pem({ cert, key }: LocalCertificates): { cert: Buffer; key: Buffer } {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  }
});

interface HealthLike {
  recognize(request: object, callback: (error: ServiceError | null) => void): unknown;
  close(): void;
}

/** google.rpc.Code of a call without a key. */
async function codeOf(client: HealthLike): Promise<number | undefined> {
  const error = await new Promise<ServiceError | null>((resolve) => client.recognize({}, resolve));
  client.close();
  return error?.code;
}

function fingerprintOf(socket: TLSSocket): string {
  return (socket.getPeerCertificate() as PeerCertificate).fingerprint256;
}
