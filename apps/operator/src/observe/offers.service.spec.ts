import { afterEach, describe, expect, it } from '@jest/globals';
import { refusal } from '../../../../test/support/noted-cluster.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { until } from '../../../../test/support/until.js';
import type { ClusterClient } from '../kit/cluster.client.js';
import type { Kind } from '../kit/kinds.data.js';
import type { ClusterView } from './cluster-view.js';
import { OffersService } from './offers.service.js';

/** A cluster that has these kinds; an API group whose answer is an error is refused so. */
function cluster(groups: Record<string, readonly string[] | Error>) {
  const followed: string[] = [];
  let changes = 0;
  const client = {
    async read(path: string) {
      const answer = groups[path.replace('/apis/', '')] ?? refusal(404);
      if (answer instanceof Error) throw answer;
      return { resources: answer.map((kind) => ({ kind })) };
    },
  } as unknown as ClusterClient;
  const view = {
    startOptional: ({ kind }: Kind) => followed.push(`+${kind}`),
    stopOptional: async ({ kind }: Kind) => followed.push(`-${kind}`),
  } as unknown as ClusterView;
  const offers = new OffersService(client, view, 10, () => changes++, silentLogger);
  return { groups, offers, followed, changes: () => changes };
}

const KEDA = 'keda.sh/v1alpha1';
const MONITORING = 'monitoring.coreos.com/v1';

describe('OffersService', () => {
  let stop: () => void = () => undefined;
  afterEach(() => stop());

  it('finds what the cluster has, follows it, and tells of it', async () => {
    const { offers, followed, changes } = cluster({ [KEDA]: ['ScaledObject'], [MONITORING]: ['Prometheus'] });
    stop = () => offers.stop();
    await offers.start();
    expect(offers.current).toEqual({ keda: true, podMonitor: false });
    expect(followed).toEqual(['+ScaledObject', '-PodMonitor']);
    expect(changes()).toBe(1);
  });

  it('sees kinds come and go', async () => {
    const { groups, offers, followed, changes } = cluster({});
    stop = () => offers.stop();
    await offers.start();
    expect([offers.current, changes()]).toEqual([{ keda: false, podMonitor: false }, 0]);
    groups[MONITORING] = ['PodMonitor'];
    await until(() => offers.current.podMonitor);
    delete groups[MONITORING];
    await until(() => !offers.current.podMonitor);
    expect(followed.filter((each) => each.endsWith('PodMonitor'))).toEqual(['+PodMonitor', '-PodMonitor']);
  });

  it('goes on as before where the cluster does not answer', async () => {
    const { groups, offers, changes } = cluster({ [KEDA]: ['ScaledObject'] });
    stop = () => offers.stop();
    await offers.start();
    groups[KEDA] = refusal(500);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(offers.current.keda).toBe(true);
    expect(changes()).toBe(1);
  });
});
