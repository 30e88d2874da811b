import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { freePort } from '../../../../test/support/free-port.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { localCertificates, type LocalCertificates } from '../../../../tools/dev/src/local-authority.js';
import { ClusterError } from '../kit/cluster-error.js';
import type { ClusterClient } from '../kit/cluster.client.js';
import type { KubeObject } from '../kit/kube-object.js';
import { ExternalMetricsServer } from './external-metrics.server.js';
import { FrontProxy } from './front-proxy.js';

const ROOT = '/apis/external.metrics.k8s.io/v1beta1';
const LOAD = `${ROOT}/namespaces/voices/parlance_model_load_percent?labelSelector=parlance.dev%2Fmodel%3D`;

/** A front proxy that knows what the cluster publishes; nothing where `data` is missing. */
async function frontProxy(data: Readonly<Record<string, string>> | undefined): Promise<FrontProxy> {
  const client = {
    async get(): Promise<KubeObject> {
      if (!data) throw new ClusterError(403, 'Forbidden', 'forbidden', undefined, []);
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x' }, data };
    },
  } as unknown as ClusterClient;
  const proxy = new FrontProxy(client, silentLogger);
  await proxy.start();
  return proxy;
}

describe('FrontProxy', () => {
  it('allows the names that the cluster publishes, and every one where it publishes none', async () => {
    const named = await frontProxy({
      'requestheader-client-ca-file': 'PEM',
      'requestheader-allowed-names': '["front-proxy-client"]',
    });
    expect(named.authority).toBe('PEM');
    const asked = ['front-proxy-client', 'somebody', undefined, ['front-proxy-client']];
    expect(asked.map((name) => named.isAllowed(name))).toEqual([true, false, false, false]);
    const open = await frontProxy({ 'requestheader-client-ca-file': 'PEM' });
    expect(open.isAllowed('somebody')).toBe(true);
    named.stop();
    open.stop();
  });

  it('allows nobody while it does not know the authority', async () => {
    const unread = await frontProxy(undefined);
    expect(unread.isAllowed('front-proxy-client')).toBe(false);
    unread.stop();
  });
});

describe('the API of external metrics', () => {
  let folder: string;
  let files: LocalCertificates;
  let server: ExternalMetricsServer;
  let proxy: FrontProxy;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'external-metrics-'));
    files = await localCertificates(folder);
    proxy = await frontProxy({
      'requestheader-client-ca-file': readFileSync(files.ca, 'utf8'),
      'requestheader-allowed-names': '["localhost"]',
    });
    port = await freePort();
    server = new ExternalMetricsServer({
      ...{ host: '127.0.0.1', port, cert: files.cert, key: files.key, frontProxy: proxy },
      loadOf: (namespace, model) => (namespace === 'voices' && model === 'english' ? 140 : undefined),
      logger: silentLogger,
    });
    await server.start();
  });
  afterAll(async () => {
    proxy.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  /** Asks as the API server does, with its certificate, or `anonymous`. */
  function ask(path: string, { method = 'GET', anonymous = false } = {}) {
    const own = anonymous ? {} : { cert: readFileSync(files.cert), key: readFileSync(files.key) };
    return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path,
        method,
        ca: readFileSync(files.ca),
        agent: false as const,
      };
      httpsRequest({ ...options, ...own }, (response) => {
        json(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, body: body as Record<string, unknown> }),
          reject,
        );
      })
        .on('error', reject)
        .end();
    });
  }

  it('lists its one metric', async () => {
    const { status, body } = await ask(ROOT);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: 'APIResourceList',
      resources: [{ name: 'parlance_model_load_percent', namespaced: true, verbs: ['get'] }],
    });
  });

  it('tells the load of the model that the selector names', async () => {
    const { status, body } = await ask(`${LOAD}english`);
    expect(status).toBe(200);
    expect(body.items).toEqual([
      {
        metricName: 'parlance_model_load_percent',
        metricLabels: { 'parlance.dev/model': 'english' },
        timestamp: expect.any(String),
        value: '140',
      },
    ]);
  });

  it('tells no value of a model that nothing is known of, so that its autoscaler changes nothing', async () => {
    expect(await ask(`${LOAD}unknown`)).toMatchObject({ status: 200, body: { items: [] } });
  });

  it.each([
    ['another metric', `${ROOT}/namespaces/voices/cpu`, {}, 404, 'NotFound'],
    ['a selector of another label', `${LOAD.replace('model%3D', 'voice%3D')}english`, {}, 400, 'BadRequest'],
    ['no selector', LOAD.split('?')[0]!, {}, 400, 'BadRequest'],
    ['a name that cannot be read', `${LOAD.replace('voices', '%E0%A4%A')}english`, {}, 400, 'BadRequest'],
    ['a change', `${LOAD}english`, { method: 'DELETE' }, 405, 'MethodNotAllowed'],
    ['somebody without a certificate', `${LOAD}english`, { anonymous: true }, 401, 'Unauthorized'],
  ])('refuses %s', async (_, path, how, status, reason) => {
    expect(await ask(path, how)).toMatchObject({ status, body: { kind: 'Status', code: status, reason } });
  });
});
