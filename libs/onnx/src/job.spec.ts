import { describe, expect, it } from '@jest/globals';
import { BEATS, DEPTH, HEARTBEAT_BYTES, Job, Runs } from './job.js';
import type { OnnxSession } from './onnx-session.js';
import type { Asker, JobPriority } from './protocol.js';
import { RunGate } from './run-gate.js';

const of = (priority: JobPriority, label?: string): Asker => ({ priority, tenant: '', label });
const tick = (ms = 0): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function worker(): {
  runs: Runs;
  heartbeat: Int32Array;
  job: (priority?: JobPriority, label?: string) => TestJob;
} {
  const heartbeat = new Int32Array(new SharedArrayBuffer(HEARTBEAT_BYTES));
  const runs = new Runs(new RunGate(), heartbeat);
  return { runs, heartbeat, job: (priority = 'bulk', label) => new TestJob(priority, runs, label) };
}

class TestJob extends Job {
  private readonly flag: Int32Array;
  constructor(priority: JobPriority, runs: Runs, label?: string) {
    const flag = new Int32Array(new SharedArrayBuffer(4));
    super(of(priority, label), flag, runs);
    this.flag = flag;
  }
  cancel(): void {
    Atomics.store(this.flag, 0, 1);
  }
}

const session = (run: () => Promise<object>) => ({ run }) as unknown as OnnxSession;

describe('the runs of a worker', () => {
  it('share the time of a batch equally among its rows and count them', async () => {
    const { runs, job } = worker();
    const [one, two] = [job(), job('final')];
    await runs.pass(of('final'), () => runs.call('decode', [one, one, two], () => tick(60)));
    expect(one.stages.decode).toBeCloseTo(2 * (two.stages.decode ?? 0));
    expect(two.stages.decode).toBeGreaterThan(15);
    expect(runs.drainDecodeRows()).toEqual([3]);
    expect(runs.drainDecodeRows()).toEqual([]);
  });

  it('tell each job the labels of those that shared a run with it', async () => {
    const { runs, job } = worker();
    const [one, two, nameless] = [job('final', 'one'), job('final', 'two'), job()];
    for (const rows of [[one, one, two], [two, nameless], [nameless]])
      await runs.pass(of('final'), () => runs.call('decode', rows, () => Promise.resolve()));
    expect([one, two, nameless].map(({ companions }) => companions)).toEqual([['two'], ['one'], ['two']]);
  });

  it('beat for the watchdog, which sees whether a native call is in progress, loads beside runs too', async () => {
    const { runs, heartbeat, job } = worker();
    let depth = 0;
    await Promise.all([
      runs.watched(() => tick(20)),
      job().run(
        session(async () => ({ depth: (depth = Atomics.load(heartbeat, DEPTH)) })),
        {},
      ),
    ]);
    expect(depth).toBe(2);
    expect(Atomics.load(heartbeat, DEPTH)).toBe(0);
    expect(Atomics.load(heartbeat, BEATS)).toBe(4);
  });

  it('let whoever waits serve what came meanwhile, at the most urgent priority among it', async () => {
    const { runs } = worker();
    const order: string[] = [];
    const rows: string[] = [];
    const step = (priority: JobPriority, row: string): Promise<void> => {
      rows.push(row);
      return runs.pass(of(priority), () => {
        if (rows.length > 0) order.push(rows.splice(0).join('+'));
      });
    };
    const busy = runs.pass(of('bulk'), () => tick(10));
    const other = runs.pass(of('partial'), () => void order.push('other'));
    await Promise.all([busy, other, step('bulk', 'a'), step('final', 'b')]);
    expect(order).toEqual(['a+b', 'other']);
  });

  it('are not made for a job nobody waits for, and wait as queue time', async () => {
    const { runs, job } = worker();
    const [waiting, cancelled] = [job(), job()];
    const busy = runs.pass(of('bulk'), () => tick(30));
    const run = waiting.run(
      session(async () => ({})),
      {},
      { stage: 'encode' },
    );
    const never = cancelled.run(
      session(() => Promise.reject(new Error('was run'))),
      {},
    );
    cancelled.cancel();
    await expect(never).rejects.toMatchObject({ code: 'request.cancelled' });
    await Promise.all([busy, run]);
    expect(waiting.stages.queue).toBeGreaterThan(20);
    expect(Object.keys(waiting.stages)).toEqual(['queue', 'encode']);
  });
});
