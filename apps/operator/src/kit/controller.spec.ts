import { afterEach, describe, expect, it } from '@jest/globals';
import { metricsRegistry } from '@parlance/telemetry';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { until } from '../../../../test/support/until.js';
import { ClusterError } from './cluster-error.js';
import { Controller } from './controller.js';
import { NotLeadingError } from './leader-election.js';

const refusal = (status: number, causes: readonly string[] = []) =>
  new ClusterError(status, 'Refused', 'refused', undefined, causes);

let controller: Controller | undefined;

/** Starts a controller that notes the keys it looks at; each `answer` is for one look, the last one for all further ones. */
function started(keys: readonly string[], answers: readonly (number | Error | undefined)[], name: string) {
  const looked: string[] = [];
  controller = new Controller({
    ...{ name, concurrency: 1, logger: silentLogger, firstRetryMs: 5 },
    reconcile: async (key) => {
      const answer = answers[Math.min(looked.push(key), answers.length) - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  controller.start(keys);
  return { controller, looked };
}

async function outcomesOf(name: string): Promise<Record<string, number>> {
  const metric = await metricsRegistry.getSingleMetric('parlance_operator_reconciles_total')?.get();
  return Object.fromEntries(
    (metric?.values ?? [])
      .filter(({ labels }) => labels.controller === name)
      .map(({ labels, value }) => [String(labels.outcome), value]),
  );
}

afterEach(() => controller?.stop());

describe('Controller', () => {
  it('looks at everything when it starts, and again when it was told to', async () => {
    const { looked } = started(['a', 'b'], [undefined, 10, undefined], 'again');
    await until(() => looked.length === 3);
    expect(looked).toEqual(['a', 'b', 'b']);
    expect(await outcomesOf('again')).toEqual({ done: 3 });
  });

  it('looks once at a key for all that changes at about the same time', async () => {
    const { controller: running, looked } = started([], [undefined], 'together');
    for (let change = 0; change < 5; change++) running.enqueue('a');
    await until(() => looked.length > 0);
    expect(running.depth).toBe(0);
    expect(looked).toEqual(['a']);
  });

  it.each([
    ['conflict', refusal(409)],
    ['throttled', refusal(429)],
    ['forbidden', refusal(403)],
    ['failed', refusal(500)],
    ['fault', new Error('ours')],
  ])('tries a key again after a %s, without holding up the others', async (outcome, fault) => {
    const { looked } = started(['a', 'b'], [fault, undefined], `retry-${outcome}`);
    await until(() => looked.length === 3);
    expect(looked).toEqual(['a', 'b', 'a']);
    expect(await outcomesOf(`retry-${outcome}`)).toEqual({ [outcome]: 1, done: 2 });
  });

  it.each([
    ['the namespace goes', refusal(403, ['NamespaceTerminating']), 'terminating'],
    ['another process leads', new NotLeadingError('another leads'), 'lost'],
  ])('does not try again where %s', async (_, fault, outcome) => {
    const { controller: running, looked } = started(['a', 'b'], [fault, undefined], `end-${outcome}`);
    await until(() => looked.length === 2);
    await running.stop();
    expect(looked).toEqual(['a', 'b']);
    expect(await outcomesOf(`end-${outcome}`)).toEqual({ [outcome]: 1, done: 1 });
  });

  it('does nothing before it starts and after it was stopped', async () => {
    const { controller: running, looked } = started([], [undefined], 'stopped');
    await running.stop();
    running.enqueue('a');
    expect(running.depth).toBe(0);
    expect(looked).toEqual([]);
  });
});
