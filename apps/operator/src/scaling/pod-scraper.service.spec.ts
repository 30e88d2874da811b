import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { speechModel } from '../../../../test/support/operator-plan-factory.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { until } from '../../../../test/support/until.js';
import type { KubeObject } from '../kit/kube-object.js';
import type { ClusterView } from '../observe/cluster-view.js';
import { LoadService } from './load.service.js';
import { PodScraper, podAddress } from './pod-scraper.service.js';

const pod = (name: string, podIP: string | undefined, isReady = true): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'voices', uid: `uid-${name}` },
  status: { podIP, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
});

describe('podAddress', () => {
  it('fills in what is the pod’s own', () => {
    const template = 'http://{ip}:8081/{namespace}/{pod}';
    expect(podAddress(template, pod('a', '10.0.0.7'))).toBe('http://10.0.0.7:8081/voices/a');
    expect(podAddress(template, pod('a', 'fd00::7'))).toBe('http://[fd00::7]:8081/voices/a');
  });

  it('is none while the pod has no address', () => {
    expect(podAddress('{ip}:50061', pod('a', undefined))).toBeUndefined();
  });
});

describe('PodScraper', () => {
  const model = speechModel({ replicas: { min: 1, max: 9 } });
  let server: Server;
  let asked: string[];
  /** Streams that a pod says it holds; one that is not here answers 500. */
  let streams: Record<string, number>;
  let objects: KubeObject[];
  let pods: KubeObject[];
  let changed: string[];
  let loads: LoadService;
  let scraper: PodScraper;

  beforeEach(async () => {
    [asked, streams, objects, pods, changed] = [[], {}, [model.object], [], []];
    server = createServer(({ url = '' }, response) => {
      asked.push(url);
      const held = streams[url.slice(1)];
      response
        .writeHead(held === undefined ? 500 : 200)
        .end(`parlance_inference_active_streams{kind="live"} ${held}\nparlance_inference_live_capacity 10\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const view = { list: () => objects, podsOf: () => pods } as unknown as ClusterView;
    loads = new LoadService();
    scraper = new PodScraper(view, loads, {
      everyMs: 100,
      metricsUrl: `http://{ip}:${(server.address() as AddressInfo).port}/{pod}`,
      onChange: (key) => changed.push(key),
      logger: silentLogger,
    });
  });
  afterEach(async () => {
    await scraper.stop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('reads ready pods and those that end, and tells of a model whose load has changed', async () => {
    const ending = pod('ending', '127.0.0.1', false);
    pods = [
      pod('ready', '127.0.0.1'),
      { ...ending, metadata: { ...ending.metadata, deletionTimestamp: '2026-05-01T12:00:00Z' } },
      pod('starting', '127.0.0.1', false),
      pod('unplaced', undefined),
    ];
    streams = { ready: 4, ending: 2 };
    scraper.start();
    await until(() => changed.length > 0);
    expect(changed).toEqual(['voices/english']);
    expect(new Set(asked)).toEqual(new Set(['/ready', '/ending']));
    expect(pods.map((each) => loads.loadOf(each)?.streams)).toEqual([4, 2, undefined, undefined]);
  });

  it('tells nothing while the load stays as it is', async () => {
    pods = [pod('ready', '127.0.0.1')];
    streams = { ready: 4 };
    scraper.start();
    await until(() => asked.length >= 3);
    expect(changed).toHaveLength(1);
    streams = { ready: 9 };
    await until(() => changed.length === 2);
  });

  it('goes on where a pod does not answer or a model cannot be read', async () => {
    objects = [{ ...model.object, spec: { source: {} } }, model.object];
    pods = [pod('broken', '127.0.0.1'), pod('ready', '127.0.0.1')];
    streams = { ready: 1 };
    scraper.start();
    await until(() => asked.filter((url) => url === '/broken').length >= 2);
    expect(pods.map((each) => loads.loadOf(each)?.streams)).toEqual([undefined, 1]);
  });

  it('forgets a model that has gone', async () => {
    pods = [pod('ready', '127.0.0.1')];
    streams = { ready: 4 };
    scraper.start();
    await until(() => loads.demandOf(model).loadPercent !== undefined);
    [objects, pods] = [[], []];
    await until(() => loads.demandOf(model).loadPercent === undefined);
    expect(loads.loadOf(pod('ready', '127.0.0.1'))).toBeUndefined();
  });
});
