import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { JobPriority } from './protocol.js';
import { WorkerPool, type PoolObserver, type WorkerPoolOptions } from './worker-pool.js';

/** A worker that speaks the protocol without any model: it echoes, waits, hangs or dies as asked. */
const SCRIPT = `
import { parentPort as port } from 'node:worker_threads';
import { existsSync, rmSync } from 'node:fs';
port.on('message', (m) => {
  if (m.kind === 'retire') process.exit(0);
  if (m.kind === 'load' && existsSync(m.model.location)) {
    rmSync(m.model.location);
    return port.postMessage({ kind: 'failed', id: m.id, fault: { code: 'model.invalid', message: 'bad' } });
  }
  if (m.kind !== 'job') return port.postMessage({ kind: 'done', id: m.id, value: { inputs: [], outputs: [] } });
  if (m.operation === 'echo') return port.postMessage({ kind: 'done', id: m.id, value: m.payload });
  if (m.operation === 'wait') return setTimeout(() => port.postMessage({ kind: 'done', id: m.id, value: m.payload }), 60);
  if (m.operation === 'cost')
    return port.postMessage({ kind: 'done', id: m.id, cost: { stages: { encode: 5 }, decodeRows: [2] } });
  if (m.operation === 'fail') return port.postMessage({ kind: 'failed', id: m.id, fault: { code: 'model.invalid', message: 'bad' } });
  if (m.operation === 'die') process.exit(3);
  if (m.operation === 'throw') throw new Error('uncaught');
  if (m.operation === 'hang') while (true);
});`;
const SOURCE = {
  name: 'm',
  kind: 'onnx',
  location: join(tmpdir(), `parlance-refuse-${process.pid}`),
  precision: 'f32',
} as const;

let pool: WorkerPool;

async function open(
  options: Partial<WorkerPoolOptions> = {},
  observer: PoolObserver = {},
): Promise<WorkerPool> {
  pool = new WorkerPool(
    {
      script: new URL(`data:text/javascript,${encodeURIComponent(SCRIPT)}`),
      session: { provider: 'cpu', intraOpThreads: 1, spinning: false },
      workers: 1,
      maxQueued: 4,
      maxBatch: 1,
      runLimitMs: 200,
      loadLimitMs: 5000,
      ...options,
    },
    observer,
  );
  await pool.loadModel(SOURCE);
  return pool;
}

const run = (
  operation: string,
  payload: unknown = null,
  priority: JobPriority = 'bulk',
  more: object = {},
): Promise<unknown> => pool.run('m', operation, payload, { priority, ...more });
const coded = (code: string, retryable?: boolean): unknown =>
  expect.objectContaining({ code, ...(retryable === undefined ? {} : { retryable }) });

afterEach(() => pool.stop());

describe('the worker pool', () => {
  it('carries a job to a worker and its answer or fault back', async () => {
    await open();
    await expect(run('echo', { a: 1 })).resolves.toEqual({ a: 1 });
    await expect(run('fail')).rejects.toEqual(coded('model.invalid'));
    await expect(pool.run('other', 'echo', 1, { priority: 'bulk' })).rejects.toEqual(coded('model.loading'));
  });

  it('gives a worker several jobs at once, and the rest when places are free', async () => {
    await open({ maxBatch: 2 });
    const jobs = [run('wait'), run('wait'), run('wait')];
    expect(pool.load).toEqual({ workers: 1, running: 2, queued: 1 });
    await Promise.all(jobs);
    expect(pool.load).toEqual({ workers: 1, running: 0, queued: 0 });
  });

  it('keeps places for finals while recordings fill theirs', async () => {
    await open();
    const order: unknown[] = [];
    await Promise.all([
      run('wait', 'bulk').then((v) => order.push(v)),
      run('wait', 'waiting bulk').then((v) => order.push(v)),
      run('echo', 'final', 'final').then((v) => order.push(v)),
    ]);
    expect(order).toEqual(['final', 'bulk', 'waiting bulk']);
  });

  it('tells what a job cost', async () => {
    const costs: unknown[] = [];
    await open({}, { spent: (cost) => costs.push(cost) });
    await run('cost');
    expect(costs).toEqual([{ stages: { encode: 5, queue: expect.any(Number) }, decodeRows: [2] }]);
  });

  it('refuses what the queue cannot hold, with a hint to come back', async () => {
    await open({ maxQueued: 1 });
    const held = [run('wait'), run('wait')];
    await expect(run('wait')).rejects.toEqual(coded('inference.overloaded', true));
    await Promise.all(held);
  });

  it('gives up a job at once when it is cancelled or late', async () => {
    await open();
    const abort = new AbortController();
    const cancelled = run('wait', null, 'bulk', { signal: abort.signal });
    const late = run('wait', null, 'bulk', { deadline: Date.now() + 10 });
    abort.abort();
    await expect(cancelled).rejects.toEqual(coded('request.cancelled'));
    await expect(late).rejects.toEqual(coded('request.deadline_exceeded', true));
    await expect(run('echo', 1)).resolves.toBe(1);
  });

  it.each(['die', 'throw'])(
    'replaces a worker that is lost (%s), loads its models again and tells the jobs to retry',
    async (how) => {
      const lost: string[] = [];
      await open({}, { workerLost: (reason) => lost.push(reason) });
      await expect(run(how)).rejects.toEqual(coded('inference.interrupted', true));
      await expect(run('echo', 'again')).resolves.toBe('again');
      expect(lost).toHaveLength(1);
    },
  );

  it('replaces a worker that hangs', async () => {
    const lost: string[] = [];
    await open({}, { workerLost: (reason) => lost.push(reason) });
    await expect(run('hang')).rejects.toEqual(coded('inference.interrupted', true));
    await expect(run('echo', 'again')).resolves.toBe('again');
    expect(lost).toEqual(['wedged']);
  });

  it.each(['die', 'hang'])(
    'tells every job of a lost worker (%s) to retry, and serves those that waited for a place',
    async (how) => {
      await open({ maxBatch: 8, maxQueued: 16 });
      const held = Array.from({ length: 7 }, () => run('wait'));
      const fatal = run(how);
      const waiting = Array.from({ length: 5 }, (_, i) => run('echo', i));
      const finals = Array.from({ length: 3 }, () => run('wait', null, 'final'));
      const lost = await Promise.allSettled([...held, fatal, ...finals]);
      for (const outcome of lost)
        expect(outcome).toMatchObject({ reason: { code: 'inference.interrupted', retryable: true } });
      await expect(Promise.all(waiting)).resolves.toEqual([0, 1, 2, 3, 4]);
      expect(pool.load).toEqual({ workers: 1, running: 0, queued: 0 });
    },
  );

  it('answers two hundred jobs at once: those it has room for are done, the others told when to come back', async () => {
    await open({ maxBatch: 8, maxQueued: 16 });
    const jobs = Array.from({ length: 200 }, (_, i) => run('wait', i, 'bulk', { tenant: `t${i % 3}` }));
    const outcomes = await Promise.allSettled(jobs);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(outcomes.length - refused.length).toBe(8 + 16);
    for (const { reason } of refused)
      expect(reason).toMatchObject({ code: 'inference.overloaded', retryAfterSeconds: expect.any(Number) });
    await expect(run('echo', 'after')).resolves.toBe('after');
  });

  it('tries again with another worker where a replacement cannot load the models', async () => {
    const lost: string[] = [];
    await open({}, { workerLost: (reason) => lost.push(reason) });
    await writeFile(SOURCE.location, 'the next load is refused');
    await expect(run('die')).rejects.toEqual(coded('inference.interrupted', true));
    await expect(run('echo', 'again')).resolves.toBe('again');
    expect(lost).toEqual(['exit 3', 'models not loaded: bad']);
  });

  it('works on without a model that broke while its worker was lost', async () => {
    const gone: unknown[] = [];
    await open({}, { modelLost: (...told) => gone.push(told) });
    await pool.loadModel({ ...SOURCE, name: 'other', location: '' });
    await writeFile(SOURCE.location, 'the next load is refused');
    const fatal = run('die');
    const waiting = run('echo', 'for a model that is lost');
    const other = pool.run('other', 'wait', 'other', { priority: 'final' });
    await expect(fatal).rejects.toEqual(coded('inference.interrupted', true));
    await expect(other).rejects.toEqual(coded('inference.interrupted', true));
    await expect(waiting).rejects.toEqual(coded('model.invalid'));
    expect(gone).toEqual([['m', coded('model.invalid')]]);
    await expect(pool.run('other', 'echo', 1, { priority: 'bulk' })).resolves.toBe(1);
    await expect(run('echo')).rejects.toEqual(coded('model.loading'));
  });

  it('refuses work once it is stopped', async () => {
    await open();
    const held = run('wait');
    const stopped = pool.stop();
    await expect(held).rejects.toEqual(coded('inference.interrupted', true));
    await expect(run('echo')).rejects.toEqual(coded('service.draining', true));
    await stopped;
  });
});
