import { describe, expect, it } from '@jest/globals';
import { readMetrics } from './metrics-text.js';
import { podFigures, figuresTable } from './pod-figures.js';

const POD = 'http://10.0.0.7:9090';

/** A metrics page of inference after so many jobs. */
const page = (
  jobs: number,
  waited: number,
): string => `# HELP parlance_inference_active_streams Calls in progress, by kind.
# TYPE parlance_inference_active_streams gauge
parlance_inference_active_streams{kind="live"} 3
parlance_inference_active_streams{kind="recording"} 1
parlance_inference_live_capacity{model="whisper-base"} 8
parlance_inference_queue_wait_seconds_bucket{le="+Inf",lane="recognition",priority="final"} ${jobs}
parlance_inference_queue_wait_seconds_sum{lane="recognition",priority="final"} ${waited}
parlance_inference_queue_wait_seconds_count{lane="recognition",priority="final"} ${jobs}
parlance_inference_queue_wait_seconds_sum{lane="signal",priority="final"} 99
parlance_inference_queue_wait_seconds_count{lane="signal",priority="final"} 1
parlance_recognition_rtf_sum{kind="final"} ${jobs * 0.05}
parlance_recognition_rtf_count{kind="final"} ${jobs}
process_resident_memory_bytes 1.048576e+09
`;
const sample = (text: string) => ({ pod: POD, series: readMetrics(text) });

describe('the figures of a pod', () => {
  it('are means between two looks at its metrics, and since its start at the first look', () => {
    const first = sample(page(10, 0.1));
    expect(podFigures(first, undefined)).toMatchObject({
      streams: 3,
      capacity: 8,
      recordings: 1,
      isAway: false,
    });
    expect(podFigures(first, undefined).queueWaitMs).toBeCloseTo(10);
    const second = podFigures(sample(page(20, 0.5)), first);
    expect(second.queueWaitMs).toBeCloseTo(40);
    expect(second.realTimeFactor).toBeCloseTo(0.05);
  });

  it('are left open where nothing was recognised meanwhile, the pod began anew or does not recognise', () => {
    const before = sample(page(20, 0.5));
    for (const jobs of [20, 3])
      expect(podFigures(sample(page(jobs, 0.5)), before).queueWaitMs).toBeUndefined();
    expect(podFigures(sample('process_resident_memory_bytes 5'), undefined).streams).toBeUndefined();
  });

  it('stand in one table, with a line for a pod that does not answer', () => {
    const table = figuresTable([
      podFigures(sample(page(10, 0.1)), undefined),
      podFigures({ pod: 'http://10.0.0.8:9090', series: undefined }, undefined),
    ]);
    expect(table[0]).toMatch(/^POD +STREAMS +CAPACITY +FILES +WAIT +FACTOR +MEMORY$/);
    expect(table[1]).toMatch(/^http:\/\/10\.0\.0\.7:9090 +3 +8 +1 +10\.0 ms +0\.050 +1000 MiB$/);
    expect(table[2]).toMatch(/^http:\/\/10\.0\.0\.8:9090 +does not answer$/);
  });
});

describe('a metrics page', () => {
  it('is read series by series, with escaped labels and exemplars', () => {
    expect(
      readMetrics('a_total{route="/x/\\"y\\"",b="c"} 4 # {trace_id="1"} 0.5\n# HELP a\nnoise\nb +Inf'),
    ).toEqual([
      { name: 'a_total', labels: { route: '/x/"y"', b: 'c' }, value: 4 },
      { name: 'b', labels: {}, value: Infinity },
    ]);
  });
});
