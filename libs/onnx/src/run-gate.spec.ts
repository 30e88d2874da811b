import { describe, expect, it } from '@jest/globals';
import type { Asker, JobPriority } from './protocol.js';
import { RunGate } from './run-gate.js';

const LIVE_MS = 30;
const WINDOW_MS = 20;

const of = (priority: JobPriority, tenant = ''): Asker => ({ priority, tenant });

/** A gate with a clock of its own; `worker(priority, ms)` asks for one run after another for as long as it is told. */
function busyGate() {
  let now = 0;
  const gate = new RunGate(() => now);
  const spent: Record<JobPriority, number> = { final: 0, partial: 0, bulk: 0 };
  const order: JobPriority[] = [];
  const run = (priority: JobPriority, ms: number, tenant: string): Promise<void> =>
    gate.pass({ priority, tenant }, async () => {
      // Others come while it runs.
      await new Promise((resolve) => setImmediate(resolve));
      now += ms;
      spent[priority] += ms;
      order.push(priority);
    });
  const worker = async (priority: JobPriority, ms: number, untilMs: number, tenant = ''): Promise<void> => {
    while (now < untilMs) await run(priority, ms, tenant);
  };
  return { spent, order, worker };
}

describe('the gate before a worker', () => {
  it('lets one run at a time pass, the most urgent waiter next', async () => {
    const gate = new RunGate();
    const order: string[] = [];
    let finishFirst = (): void => undefined;
    const first = gate.pass(of('bulk'), () => new Promise<void>((resolve) => (finishFirst = resolve)));
    const rest = (['bulk', 'partial', 'final', 'partial'] as const).map((priority, i) =>
      gate.pass(of(priority), () => order.push(`${priority} ${i}`)),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    finishFirst();
    await Promise.all([first, ...rest]);
    expect(order).toEqual(['final 2', 'partial 1', 'partial 3', 'bulk 0']);
  });

  it('opens again after a run that failed', async () => {
    const gate = new RunGate();
    await expect(gate.pass(of('final'), () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(gate.pass(of('final'), () => 1)).resolves.toBe(1);
  });

  it('keeps a quarter for recordings while interims want all of it', async () => {
    const { spent, worker } = busyGate();
    await Promise.all([
      worker('partial', LIVE_MS, 6_000),
      worker('partial', LIVE_MS, 6_000),
      worker('bulk', WINDOW_MS, 6_000),
    ]);
    expect(spent.bulk / (spent.bulk + spent.partial)).toBeCloseTo(0.25, 1);
  });

  it('never lets a recording go before a final', async () => {
    const { spent, order, worker } = busyGate();
    await Promise.all([
      worker('final', LIVE_MS, 3_000),
      worker('final', LIVE_MS, 3_000),
      worker('partial', LIVE_MS, 3_000),
      worker('bulk', WINDOW_MS, 3_000),
    ]);
    // Both wait for as long as there is always a final; they ran once before and after.
    expect(spent.bulk).toBeLessThanOrEqual(2 * WINDOW_MS);
    expect(order.filter((priority) => priority === 'final').length).toBeGreaterThanOrEqual(95);
  });

  it('owes a recording nothing for the time in which none waited, and takes nothing from it while it was alone', async () => {
    const { order, worker } = busyGate();
    await worker('partial', LIVE_MS, 3_000);
    await worker('bulk', WINDOW_MS, 6_000);
    order.length = 0;
    await Promise.all([
      worker('partial', LIVE_MS, 6_400),
      worker('partial', LIVE_MS, 6_400),
      worker('bulk', WINDOW_MS, 6_400),
    ]);
    expect(order.indexOf('bulk')).toBeLessThanOrEqual(2);
    expect(order.slice(0, 4)).toContain('partial');
  });

  it('lets a tenant that has had little go before one that has had much, in every run it asks for', async () => {
    const gate = new RunGate();
    const order: string[] = [];
    const work = async (tenant: string, runs: number): Promise<void> => {
      for (let nth = 0; nth < runs; nth += 1)
        await gate.pass(of('bulk', tenant), async () => {
          await new Promise((resolve) => setTimeout(resolve, 3));
          order.push(tenant);
        });
    };
    const crowd = [work('greedy', 8), work('greedy', 8), work('greedy', 8)];
    await new Promise((resolve) => setTimeout(resolve, 30));
    order.length = 0;
    await Promise.all([...crowd, work('quiet', 3)]);
    // The run that was under way is not broken off.
    expect(order.indexOf('quiet')).toBeLessThanOrEqual(1);
    expect(order.lastIndexOf('quiet')).toBeLessThanOrEqual(3);
  });

  it('parts the time of two tenants by how few runs each has waiting, and leaves neither without', async () => {
    let now = 0;
    const gate = new RunGate(() => now);
    const spent = { greedy: 0, quiet: 0 };
    const work = async (tenant: keyof typeof spent): Promise<void> => {
      while (now < 10_000)
        await gate.pass(of('bulk', tenant), () => {
          now += 10;
          spent[tenant] += 10;
        });
    };
    await Promise.all([work('greedy'), work('greedy'), work('greedy'), work('quiet')]);
    expect(spent.quiet / spent.greedy).toBeGreaterThan(2);
    expect(spent.quiet / spent.greedy).toBeLessThan(4);
  });
});
