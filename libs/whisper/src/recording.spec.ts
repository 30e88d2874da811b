import { describe, expect, it } from '@jest/globals';
import { clipsOf, PcmRecording } from './recording.js';

const ramp = (count: number, from = 0): Int16Array =>
  Int16Array.from({ length: count }, (_, i) => (from + i) % 30_000);

describe('a recording in memory', () => {
  it('cuts a window with the samples that its outer frames reach', () => {
    const recording = new PcmRecording(60);
    for (let from = 0; from < 160_000; from += 10_000) recording.append(ramp(10_000, from));
    const { samples, isStart } = recording.cut(450, 10);
    expect(isStart).toBe(false);
    expect(samples[0]).toBe((450 * 160 - 200) % 30_000);
    expect(samples).toHaveLength(9 * 160 + 400);
    expect(recording.cut(0, 10).isStart).toBe(true);
    expect(recording.frames).toBe(1000);
  });

  it('ends a cut with the recording', () => {
    const recording = new PcmRecording(60);
    recording.append(ramp(1600));
    expect(recording.cut(0, 3000).samples).toHaveLength(1600);
  });

  it('takes floating-point samples, held within 16 bits', () => {
    const recording = new PcmRecording(1);
    recording.append(Float32Array.of(0, 0.5, -1, 1, 2));
    expect([...recording.cut(0, 1).samples]).toEqual([0, 16384, -32768, 32767, 32767]);
  });

  it('refuses what is longer than allowed', () => {
    const recording = new PcmRecording(60);
    expect(() => recording.append(new Int16Array(61 * 16_000))).toThrow(
      expect.objectContaining({ code: 'audio.too_long' }),
    );
  });
});

it.each([
  [[], [[0, 6000]]],
  [[0], [[0, 6000]]],
  [[2.504], [[250, 6000]]],
  [[1, 2, 3], [[100, 200], [300, 6000]]], // prettier-ignore
  [[1, 99], [[100, 6000]]],
  [[5, 5, 70, 80], []],
])('%j s of a minute are %j', (times, clips) => {
  expect(clipsOf(times, 6000).map(({ from, to }) => [from, to])).toEqual(clips);
});
