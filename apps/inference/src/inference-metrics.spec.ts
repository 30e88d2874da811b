import { describe, expect, it } from '@jest/globals';
import { metricsRegistry } from '@parlance/telemetry';
import { silentLogger } from '../../../test/support/silent-logger.js';
import {
  noteFinalDelay,
  noteFinding,
  noteFirstInterim,
  noteText,
  recognitionObserver,
} from './inference-metrics.js';

/** The lines of a metric, without those of its help. */
async function linesOf(name: string): Promise<string[]> {
  const text = await metricsRegistry.metrics();
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe('the metrics of recognition', () => {
  it('have the probability that a mean logarithm stands for, and no value where there is none', async () => {
    noteText('final', { averageLogProbability: Math.log(0.85), temperature: 0 });
    noteText('final', { averageLogProbability: -Infinity, temperature: 0 });
    noteText('final', { averageLogProbability: Number.NaN, temperature: 0 });
    const lines = await linesOf('parlance_recognition_probability');
    expect(lines).toContain('parlance_recognition_probability_count{kind="final"} 2');
    expect(lines).toContain('parlance_recognition_probability_bucket{le="0.8",kind="final"} 1');
    expect(lines).toContain('parlance_recognition_probability_bucket{le="0.9",kind="final"} 2');
  });

  it('count a text that took a higher temperature, and each other finding', async () => {
    noteText('recording', { averageLogProbability: -0.5, temperature: 0.4 });
    noteText('recording', { averageLogProbability: -0.5, temperature: 0 });
    noteFinding('recording', 'in_silence');
    const lines = await linesOf('parlance_recognition_findings_total');
    expect(lines).toContain('parlance_recognition_findings_total{kind="recording",finding="fallback"} 1');
    expect(lines).toContain('parlance_recognition_findings_total{kind="recording",finding="in_silence"} 1');
  });

  it('have the delays that a speaker notices, in seconds', async () => {
    noteFirstInterim(400);
    noteFinalDelay(250);
    expect(await linesOf('parlance_recognition_first_interim_seconds_sum')).toEqual([
      'parlance_recognition_first_interim_seconds_sum 0.4',
    ]);
    expect(await linesOf('parlance_recognition_final_delay_seconds_sum')).toEqual([
      'parlance_recognition_final_delay_seconds_sum 0.25',
    ]);
  });
});

describe('the time to load a model', () => {
  it('is noted where the load ends with a model that is ready, and not where it fails', async () => {
    const { stateChanged } = recognitionObserver(silentLogger);
    for (const state of ['loading', 'ready'] as const) stateChanged?.('base', state);
    for (const state of ['loading', 'failed', 'ready'] as const) stateChanged?.('broken', state);
    const counts = await linesOf('parlance_inference_model_load_seconds_count');
    expect(counts).toEqual(['parlance_inference_model_load_seconds_count{model="base"} 1']);
    expect(await linesOf('parlance_inference_model_ready')).toContain(
      'parlance_inference_model_ready{model="base"} 1',
    );
  });
});

describe('whether a model is ready', () => {
  it('is said of no model that was unloaded, since nobody waits for it', async () => {
    const { stateChanged } = recognitionObserver(silentLogger);
    for (const state of ['loading', 'ready', 'available'] as const) stateChanged?.('unloaded', state);
    expect((await linesOf('parlance_inference_model_ready')).join()).not.toContain('unloaded');
  });
});
