import { describe, expect, it } from '@jest/globals';
import { RunGate } from './run-gate.js';

describe('the gate before a worker', () => {
  it('lets one run at a time pass, the most urgent waiter next', async () => {
    const gate = new RunGate();
    const order: string[] = [];
    let finishFirst = (): void => undefined;
    const first = gate.pass('bulk', () => new Promise<void>((resolve) => (finishFirst = resolve)));
    const rest = (['bulk', 'partial', 'final', 'partial'] as const).map((priority, i) =>
      gate.pass(priority, () => order.push(`${priority} ${i}`)),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(order).toEqual([]);
    finishFirst();
    await Promise.all([first, ...rest]);
    expect(order).toEqual(['final 2', 'partial 1', 'partial 3', 'bulk 0']);
  });

  it('opens again after a run that failed', async () => {
    const gate = new RunGate();
    await expect(gate.pass('final', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    await expect(gate.pass('final', () => 1)).resolves.toBe(1);
  });
});
