import { describe, expect, it } from '@jest/globals';
import { readFigures } from './pod-figures.js';

const PAGE = { streams: 4, refused: 7, jobs: 100, waitSeconds: 30, finals: 10, finalSeconds: 2 };

const page = (changed: Partial<typeof PAGE> = {}): string => {
  const { streams, refused, jobs, waitSeconds, finals, finalSeconds } = { ...PAGE, ...changed };
  return [
    '# HELP parlance_inference_active_streams Calls in progress, by kind.',
    `parlance_inference_active_streams{kind="live"} ${streams}`,
    'parlance_inference_active_streams{kind="recording"} 5',
    'parlance_inference_live_capacity{model="whisper-base"} 12',
    'parlance_inference_live_capacity{model="a\\"b"} 9',
    `parlance_inference_refused_streams_total ${refused}`,
    `parlance_inference_queue_wait_seconds_count{lane="speech",priority="final"} ${jobs - 1}`,
    'parlance_inference_queue_wait_seconds_count{lane="speech",priority="partial"} 1',
    `parlance_inference_queue_wait_seconds_sum{lane="speech",priority="final"} ${waitSeconds}`,
    'parlance_inference_queue_wait_seconds_count{lane="signal",priority="final"} 9999',
    'parlance_inference_queue_wait_seconds_sum{lane="signal",priority="final"} 9999',
    `parlance_recognition_seconds_count{kind="final"} ${finals}`,
    `parlance_recognition_seconds_sum{kind="final"} ${finalSeconds}`,
    'parlance_recognition_seconds_sum{kind="partial"} 77',
    'parlance_recognition_seconds_count{kind="partial"} 500',
    'parlance_recognition_seconds_count{kind="recording"} 3',
    ...[
      'internal.unexpected',
      'inference.interrupted',
      'service.draining',
      'audio.corrupt',
      'inference.overloaded',
      'other',
    ].map((code) => `parlance_rpc_server_faults_total{code="${code}"} 2`),
    'parlance_inference_workers_lost_total{lane="speech"} 1',
    'other_metric{le="0.1"} NaN',
  ].join('\n');
};

describe('readFigures', () => {
  it('reads live streams, the least capacity, and what was refused and lost', () => {
    expect(readFigures(page(), undefined).load).toMatchObject({
      streams: 4,
      capacity: 9,
      refused: 7,
      workersLost: 1,
      finalMs: 200,
    });
  });

  it("counts calls that failed by the pod's own fault, and not by the client's, for want of capacity or as it ends", () => {
    expect(readFigures(page(), undefined).load).toMatchObject({ failed: 4, answered: 13 });
  });

  it('takes the mean of the wait for a worker over all decodes, without those of voice activity', () => {
    expect(readFigures(page(), undefined).load).toMatchObject({ jobs: 100, queueWaitMs: 300 });
  });

  it('counts times from the reading before, so that old ones are forgotten', () => {
    const { counters } = readFigures(page(), undefined);
    const fuller = { jobs: 140, waitSeconds: 70, finals: 14, finalSeconds: 6 };
    const later = readFigures(page(fuller), counters);
    expect(later.load).toMatchObject({ finalMs: 1000, jobs: 40, queueWaitMs: 1000 });
    const same = readFigures(page(fuller), later.counters);
    expect(same.load).toMatchObject({ finalMs: undefined, jobs: 0, queueWaitMs: 0 });
  });

  it('takes a process that began anew from zero', () => {
    const { counters } = readFigures(page(), undefined);
    const anew = page({ jobs: 3, waitSeconds: 0.3, finals: 2, finalSeconds: 1 });
    expect(readFigures(anew, counters).load).toMatchObject({ finalMs: 500, jobs: 3, queueWaitMs: 100 });
  });

  it('says nothing of a page without metrics', () => {
    expect(readFigures('', undefined).load).toMatchObject({ streams: 0, capacity: 0, finalMs: undefined });
  });
});
