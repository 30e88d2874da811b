import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLogger } from '@parlance/telemetry';
import type { ClusterClient } from './cluster.client.js';
import { ClusterError } from './cluster-error.js';
import type { KubeObject } from './kube-object.js';
import { LeaderElection, NotLeadingError } from './leader-election.js';

const TIMES = { leaseMs: 12_000, renewWithinMs: 8_000, retryMs: 2_000 };

/** A server that holds one lease and compares versions, as the API server does. */
class LeaseServer {
  lease: KubeObject | undefined;
  isAway = false;
  private version = 0;

  get client(): ClusterClient {
    const write = async (object: KubeObject, isNew: boolean): Promise<KubeObject> => {
      this.answer();
      if (isNew ? this.lease : this.lease?.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw new ClusterError(409, 'Conflict', 'changed', undefined, []);
      this.version += 1;
      this.lease = {
        ...object,
        metadata: { ...object.metadata, uid: 'u', resourceVersion: `${this.version}` },
      };
      return this.lease;
    };
    const client = {
      get: async () => {
        this.answer();
        if (!this.lease) throw new ClusterError(404, 'NotFound', 'none', undefined, []);
        return this.lease;
      },
      create: (object: KubeObject) => write(object, true),
      replace: (object: KubeObject) => write(object, false),
    };
    return client as unknown as ClusterClient;
  }

  get holder(): string {
    return (this.lease?.spec as { holderIdentity: string }).holderIdentity;
  }

  private answer(): void {
    if (this.isAway) throw ClusterError.unreachable('GET lease', new Error('refused'));
  }
}

describe('LeaderElection', () => {
  const logger = createLogger({ service: 'test', level: 'silent' });
  let server: LeaseServer;
  let running: LeaderElection[];

  beforeEach(() => {
    jest.useFakeTimers({ now: 1_000_000 });
    server = new LeaseServer();
    running = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  function candidate(identity: string, client = server.client) {
    const told: string[] = [];
    const election = new LeaderElection(client, {
      ...TIMES,
      namespace: 'n',
      name: 'l',
      identity,
      onElected: () => void told.push('elected'),
      onLost: () => void told.push('lost'),
      logger,
    });
    running.push(election);
    election.start();
    return { election, told };
  }
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  it('elects one of two, and the other not while the first renews', async () => {
    const [a, b] = [candidate('a'), candidate('b')];
    await pass(60_000);
    expect([a.election.isLeading, b.election.isLeading].filter(Boolean)).toHaveLength(1);
    expect([...a.told, ...b.told]).toEqual(['elected']);
  });

  it('lets no write begin, and ends those under way, when it could not renew in time', async () => {
    const { election, told } = candidate('a');
    await pass(10);
    const write = election.signal();
    server.isAway = true;
    await pass(TIMES.renewWithinMs + 100);
    expect(write.aborted).toBe(true);
    expect(() => election.signal()).toThrow(NotLeadingError);
    expect(told).toEqual(['elected', 'lost']);
  });

  it('hands over with a gap in which nobody leads, however slow the first is to notice', async () => {
    const first = candidate('a');
    await pass(10);
    // The first stands still: its timers do not run, as those of a suspended process.
    server.isAway = true;
    const second = candidate('b', new Proxy(server.client, {}));
    server.isAway = false;
    const lastRenewal = performance.now();
    jest.spyOn(first.election as unknown as { round: () => Promise<void> }, 'round').mockResolvedValue();
    let electedAt = 0;
    for (let ms = 0; ms < 30_000 && electedAt === 0; ms += 100) {
      await pass(100);
      expect(first.election.isLeading && second.election.isLeading).toBe(false);
      if (second.election.isLeading) electedAt = performance.now();
    }
    expect(electedAt - lastRenewal).toBeGreaterThan(TIMES.renewWithinMs);
    expect(electedAt - lastRenewal).toBeLessThan(20_000);
  });

  it('leads again when the server is back', async () => {
    const { election, told } = candidate('a');
    await pass(10);
    server.isAway = true;
    await pass(30_000);
    server.isAway = false;
    await pass(20_000);
    expect(election.isLeading).toBe(true);
    expect(told).toEqual(['elected', 'lost', 'elected']);
  });

  it('frees the lease when it stops, after its work has ended', async () => {
    const { election, told } = candidate('a');
    await pass(10);
    await election.stop();
    expect(told.filter((each) => each === 'lost').length).toBeGreaterThan(0);
    expect(server.holder).toBe('');
    const next = candidate('b');
    await pass(10);
    expect(next.election.isLeading).toBe(true);
  });
});
