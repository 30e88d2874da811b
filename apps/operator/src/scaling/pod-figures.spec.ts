import { describe, expect, it } from '@jest/globals';
import { readFigures } from './pod-figures.js';

const page = (streams: number, waits: readonly [string, number][], finals: number, seconds: number) =>
  [
    '# HELP parlance_inference_active_streams Calls in progress, by kind.',
    `parlance_inference_active_streams{kind="live"} ${streams}`,
    'parlance_inference_active_streams{kind="recording"} 5',
    'parlance_inference_live_capacity{model="whisper-base"} 12',
    'parlance_inference_live_capacity{model="a\\"b"} 9',
    ...waits.map(
      ([le, count]) =>
        `parlance_inference_queue_wait_seconds_bucket{le="${le}",lane="speech",priority="final"} ${count}`,
    ),
    'parlance_inference_queue_wait_seconds_bucket{le="+Inf",lane="signal",priority="final"} 9999',
    `parlance_recognition_seconds_count{kind="final"} ${finals}`,
    `parlance_recognition_seconds_sum{kind="final"} ${seconds}`,
    'parlance_recognition_seconds_sum{kind="partial"} 77',
    'parlance_inference_workers_lost_total{lane="speech"} 1',
    'other_metric{le="0.1"} NaN',
  ].join('\n');

describe('readFigures', () => {
  const first = page(
    4,
    [
      ['0.1', 90],
      ['0.5', 100],
      ['+Inf', 100],
    ],
    10,
    2,
  );

  it('reads live streams, the least capacity, and what was lost', () => {
    expect(readFigures(first, undefined).load).toMatchObject({
      streams: 4,
      capacity: 9,
      workersLost: 1,
      finalMs: 200,
    });
  });

  it('interpolates the 95th percentile of the wait as Prometheus does', () => {
    // 95 of 100: half of the way through the bucket from 0.1 to 0.5.
    expect(readFigures(first, undefined).load.queueWaitMs).toBe(300);
  });

  it('counts from the reading before, so that old waits are forgotten', () => {
    const { counters } = readFigures(first, undefined);
    const later = readFigures(
      page(
        0,
        [
          ['0.1', 190],
          ['0.5', 200],
          ['+Inf', 200],
        ],
        14,
        6,
      ),
      counters,
    );
    expect(later.load).toMatchObject({ streams: 0, finalMs: 1000, queueWaitMs: 95 });
    const same = readFigures(
      page(
        0,
        [
          ['0.1', 190],
          ['0.5', 200],
          ['+Inf', 200],
        ],
        14,
        6,
      ),
      later.counters,
    );
    expect(same.load).toMatchObject({ finalMs: undefined, queueWaitMs: 0 });
  });

  it('takes a process that began anew from zero', () => {
    const { counters } = readFigures(first, undefined);
    expect(
      readFigures(
        page(
          1,
          [
            ['0.1', 1],
            ['+Inf', 1],
          ],
          2,
          1,
        ),
        counters,
      ).load.finalMs,
    ).toBe(500);
  });

  it('says nothing of a page without metrics', () => {
    expect(readFigures('', undefined).load).toMatchObject({ streams: 0, capacity: 0, finalMs: undefined });
  });
});
