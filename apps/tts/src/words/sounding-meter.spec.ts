import { expect, it } from '@jest/globals';
import { writeWav } from '@parlance/audio';
import { SoundingMeter } from './sounding-meter.js';

it('where a WAV file sounds is found to ten milliseconds, in whatever pieces it comes', () => {
  const samples = Int16Array.from({ length: 16_000 }, (_, at) =>
    (at >= 1_600 && at < 4_800) || at >= 9_600 ? 10_000 * Math.sin(at / 5) : 0,
  );
  const file = writeWav(samples, 16_000);
  const meter = new SoundingMeter();
  for (let at = 0; at < file.length; at += 1_001) meter.push(file.subarray(at, at + 1_001));
  expect(meter.soundings).toEqual([
    { startMs: 100, endMs: 300 },
    { startMs: 600, endMs: 1_000 },
  ]);
});
