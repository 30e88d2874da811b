import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hpaRecording, type HpaTrace } from '../golden/hpa-recording.js';
import { HpaController } from './hpa-controller.js';
import { HPA_DEFAULTS } from './pod-usage.js';
import type { HpaMetric } from './replica-proposals.js';

const file = join(process.cwd(), 'test/golden/hpa-recording.json');
const recording = hpaRecording.parse(JSON.parse(readFileSync(file, 'utf8')));

function metricOf({ metric, target }: HpaTrace, milli: number | undefined): HpaMetric {
  if (metric === 'External') return { type: 'External', targetMilli: target, milli };
  if (metric === 'Pods') return { type: 'Pods', targetMilli: target };
  return { type: 'Cpu', targetPercent: target, requestMilli: 1000 };
}

describe(`the controller beside that of Kubernetes ${recording.kubernetes}`, () => {
  it.each(recording.traces.map((trace) => [trace.name, trace] as const))(
    'asks for the same replicas at every sync: %s',
    (_name, trace) => {
      const { minReplicas, maxReplicas, behavior, syncs } = trace;
      const { downscaleStabilizationSeconds, windowSeconds } = recording;
      const controller = new HpaController(
        { minReplicas, maxReplicas, behavior },
        { ...HPA_DEFAULTS, downscaleStabilizationSeconds },
      );
      const asked = syncs.map(({ at, current, present, milli, pods }) =>
        controller.sync(at, [metricOf(trace, milli)], {
          current,
          present,
          pods: pods.map(({ milli: sampled, ...pod }) => ({
            ...pod,
            sample: sampled === undefined ? undefined : { milli: sampled, at, windowSeconds },
          })),
        }),
      );
      // What a sync asked for is what the next one finds.
      expect(asked.slice(0, -1)).toEqual(syncs.slice(1).map(({ current }) => current));
      expect(new Set(asked).size).toBeGreaterThan(5);
    },
  );
});
