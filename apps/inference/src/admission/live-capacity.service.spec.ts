import { describe, expect, it, jest } from '@jest/globals';
import type { Utterance, UtteranceOptions, UtteranceRecognizer } from '@parlance/whisper';
import { AdmissionService } from './admission.service.js';
import { LiveCapacityService } from './live-capacity.service.js';

/** A recogniser that takes so long for each decode, side by side. */
function recognizerOf(ms: number) {
  const asked: (UtteranceOptions & { readonly model: string; readonly seconds: number })[] = [];
  const recognizer = {
    recognizeUtterance: async (model: string, samples: Float32Array, options: UtteranceOptions) => {
      asked.push({ ...options, model, seconds: samples.length / 16_000 });
      await new Promise((resolve) => setTimeout(resolve, ms));
      return {} as Utterance;
    },
  } as UtteranceRecognizer;
  return { recognizer, asked };
}

function service(ms: number, fixed = 0) {
  const { recognizer, asked } = recognizerOf(ms);
  const admission = new AdmissionService({ growsLive: false, recordings: 1, recordingSeconds: 1 });
  return {
    asked,
    admission,
    capacity: new LiveCapacityService(recognizer, admission, { fixed, threads: 1 }),
  };
}

describe('LiveCapacityService', () => {
  it('decodes what an utterance takes, until its time is up, as many tokens as speech has', async () => {
    jest.useFakeTimers();
    const { asked, admission, capacity } = service(300);
    const begun = performance.now();
    const tookMs = capacity.measureAll(['small', 'tiny']).then(() => performance.now() - begun);
    await jest.advanceTimersByTimeAsync(10_000);
    jest.useRealTimers();
    expect(await tookMs).toBeLessThan(3500);
    const utterance = asked.slice(0, 7).map(({ kind, model }) => `${kind} ${model}`);
    expect(utterance).toEqual([...Array<string>(5).fill('partial small'), 'final small', 'final small']);
    for (const { decoding, prefix = [] } of asked) {
      expect(decoding?.suppressTokens).toContain(50256);
      expect(prefix.length).toBeGreaterThan(0);
    }
    expect([...admission.liveCapacities.keys()]).toEqual(['small', 'tiny']);
  });

  it('measures a model that comes later once, however many ask', async () => {
    const { asked, admission, capacity } = service(20);
    await Promise.all([capacity.ensure('base'), capacity.ensure('base')]);
    await capacity.ensure('base');
    expect(asked.length).toBe(7);
    expect(admission.liveCapacityOf('base')).toBeGreaterThan(1);
  });

  it('takes the operator’s word and measures nothing', async () => {
    const { asked, admission, capacity } = service(20, 12);
    await capacity.measureAll(['tiny']);
    expect([asked.length, admission.liveCapacityOf('tiny')]).toEqual([0, 12]);
  });
});
