import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { mp3LengthMs } from './mp3-length.js';

it.each([
  ['24000', '48k'],
  ['44100', '128k'],
  ['8000', '16k'],
])('the length of an MP3 file is that of its frames, at %s Hz', (rate, bits) => {
  const source = `sine=frequency=300:sample_rate=${rate}:duration=1.5`;
  const output = ['-f', 'mp3', '-b:a', bits, '-write_xing', '0', 'pipe:1'];
  const file = execFileSync('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', source, ...output]);
  // The encoder adds a frame or two.
  expect(mp3LengthMs(file)).toBeGreaterThanOrEqual(1_500);
  expect(mp3LengthMs(file)).toBeLessThan(1_700);
  expect(mp3LengthMs(Buffer.from('this is no sound at all'))).toBe(0);
});
