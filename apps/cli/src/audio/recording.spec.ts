import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeWav } from '@parlance/audio';
import { BYTES_PER_MS, decodeRecording } from './recording.js';

describe('a recording that the command line reads', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-recording-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('becomes 16 kHz mono samples, whatever its rate and channels', async () => {
    const file = join(folder, 'stereo.wav');
    writeFileSync(file, writeWav(new Int16Array(2 * 48_000).fill(1_000), 48_000, 2));
    const pcm = await decodeRecording(file);
    expect(pcm.length / BYTES_PER_MS).toBeCloseTo(1_000, -1);
    expect(pcm.readInt16LE(pcm.length / 2)).toBeCloseTo(1_000, -1);
  });

  it('is refused by its name where ffmpeg reads no sound from it', async () => {
    const file = join(folder, 'notes.wav');
    writeFileSync(file, 'This is text.');
    await expect(decodeRecording(file)).rejects.toMatchObject({
      code: 'audio.corrupt',
      message: `${file}: no sound that ffmpeg can read.`,
    });
  });
});
