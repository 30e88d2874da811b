import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject, Workload } from '../support/kube-objects.js';
import { Kubebox } from '../support/kubebox.js';
import { readmeCommands } from '../support/readme-commands.js';

const LIMIT_MS = 600_000;

interface Pod extends KubeObject {
  readonly status: { readonly phase: string };
}

describe("the README's install on Kubernetes, followed word by word", () => {
  const [onLaptop, onPremises] = readmeCommands('kubernetes');
  let box: Kubebox;

  beforeAll(async () => {
    box = await Kubebox.start({ nodes: 3 });
  }, LIMIT_MS);
  afterAll(() => box?.stop(), 60_000);

  /** What runs in a namespace: ready and wanted replicas of each Deployment and StatefulSet. */
  const replicasIn = async (namespace: string): Promise<Record<string, string>> => {
    const kinds = ['deployments', 'statefulsets'];
    const all = await Promise.all(
      kinds.map((kind) => box.list<Workload>(`/apis/apps/v1/namespaces/${namespace}/${kind}`)),
    );
    return Object.fromEntries(
      all
        .flat()
        .map(({ metadata, spec, status }) => [
          metadata.name,
          `${status?.readyReplicas ?? 0} of ${spec.replicas}`,
        ]),
    );
  };
  const follow = async (commands: string | undefined, environment: Record<string, string> = {}) => {
    // bash takes a socket as its input for a remote shell, and reads the machine's own settings.
    const ended = await box.run('bash', ['--norc', '-euo', 'pipefail', '-c', commands!], { environment });
    // Helm's client logs, as information, when it cuts a watch that it needs no more.
    return { ...ended, errors: ended.errors.replace(/^I\d{4} .*\n?/gm, '') };
  };

  it(
    "ends ready on a laptop's cluster, in a namespace that allows restricted pods alone",
    async () => {
      const { status, output, errors } = await follow(onLaptop);
      expect({ status, errors }).toEqual({ status: 0, errors: '' });
      expect(output).not.toContain('STILL MISSING');
      expect(output).toMatch(/Phase:\s+Succeeded/);
      expect(await replicasIn('parlance')).toEqual({
        'parlance-conversation': '1 of 1',
        'parlance-gateway': '1 of 1',
        'parlance-inference': '1 of 1',
        'parlance-tts': '1 of 1',
        'parlance-nats': '1 of 1',
        'parlance-mongodb': '1 of 1',
      });
    },
    LIMIT_MS,
  );

  it(
    'ends ready on machines of an organisation, with recognition on the nodes that it names',
    async () => {
      const { status, output, errors } = await follow(onPremises, { NODES: 'node-0 node-1 node-2' });
      expect({ status, errors }).toEqual({ status: 0, errors: '' });
      // Autoscalers do nothing here until metrics-server is installed; everything else is there.
      expect(output.match(/^- .*/gm)).toEqual([expect.stringContaining('metrics-server')]);
      expect(await replicasIn('speech')).toEqual({
        'parlance-conversation': '2 of 2',
        'parlance-gateway': '2 of 2',
        'parlance-inference': '3 of 3',
        'parlance-tts': '2 of 2',
        'parlance-nats': '3 of 3',
        'parlance-s3': '1 of 1',
      });
      const pods = await box.list<Pod>('/api/v1/namespaces/speech/pods');
      expect(pods.filter(({ status }) => !['Running', 'Succeeded'].includes(status.phase))).toEqual([]);
    },
    LIMIT_MS,
  );
});
