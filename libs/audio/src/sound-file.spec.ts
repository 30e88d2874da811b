import { describe, expect, it } from '@jest/globals';
import { madeFile } from '../../../test/support/media-files.js';
import { noisePcm, READ_SPEECH, speechPcm } from '../../../test/support/speech-samples.js';
import { SOUND_FILE_HEAD_BYTES, soundFileIn } from './sound-file.js';

const SINE = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=1'];

/** What is found as the bytes come, one more each time. */
function foundIn(file: Buffer): string | undefined {
  for (let length = 0; length <= SOUND_FILE_HEAD_BYTES; length++) {
    const found = soundFileIn(file.subarray(0, length));
    if (found !== 'more') return found;
  }
  return 'more';
}

describe('soundFileIn', () => {
  it.each([
    ['WAV', 'wav', []],
    ['Ogg', 'opus', []],
    ['WebM or Matroska', 'webm', []],
    ['MP4', 'mp4', ['-movflags', 'frag_keyframe+empty_moov']],
    ['FLAC', 'flac', []],
    ['MP3', 'mp3', []],
    ['MP3', 'mp3', ['-id3v2_version', '0', '-write_xing', '0']],
    ['MP3', 'mp3', ['-id3v2_version', '0', '-write_xing', '0', '-ar', '16000', '-b:a', '24k']],
    ['MP3', 'mp3', ['-id3v2_version', '0', '-ar', '48000', '-b:a', '320k']],
    ['AAC', 'aac', []],
  ] as const)('finds %s in .%s %s', (kind, extension, options) => {
    const file = madeFile(extension, ...SINE, ...options);
    expect(foundIn(file)).toBe(kind);
    expect(soundFileIn(file)).toBe(kind);
  });

  it.each([
    ['silence', Buffer.alloc(8_000)],
    ['quiet noise around −1', Buffer.alloc(8_000, 0xff)],
    ['noise', noisePcm(1, 0.5)],
    ['speech', speechPcm(READ_SPEECH.letter)],
    [
      'samples that begin like an MP3 frame',
      Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x00]), noisePcm(1, 0.1)]),
    ],
    [
      'samples next to silence that would be frames of Layer I',
      Buffer.concat(Array<Buffer>(40).fill(Buffer.from('ffff1200'.padEnd(72, '0'), 'hex'))),
    ],
    ['samples that begin like an MP4 box', Buffer.from([0, 0, 0, 0x20, 0x66, 0x74, 0, 0])],
  ])('finds nothing in %s', (_, samples) => {
    expect(foundIn(samples)).toBeUndefined();
  });
});
