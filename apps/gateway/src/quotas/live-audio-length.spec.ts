import { describe, expect, it } from '@jest/globals';
import { wavHeader } from '@parlance/audio';
import { LiveAudioLength, opusPacketMs } from './live-audio-length.js';

describe('the length of live audio', () => {
  it.each([
    ['AUDIO_ENCODING_PCM_S16LE', 8_000, 1, 1_600, 100],
    ['AUDIO_ENCODING_PCM_S16LE', 48_000, 2, 19_200, 100],
    ['AUDIO_ENCODING_PCM_F32LE', 16_000, 1, 6_400, 100],
    ['AUDIO_ENCODING_UNSPECIFIED', 0, 0, 3_200, 100],
  ] as const)(
    'is that of its samples: %s, %i Hz, %i channels',
    (encoding, sampleRateHz, channels, bytes, ms) => {
      const length = new LiveAudioLength({ encoding, sampleRateHz, channels });
      expect(length.push(Buffer.alloc(bytes))).toBeCloseTo(ms);
    },
  );

  it.each([1, 96_000, 0xffffffff])(
    'is counted by what a WAVE header says of the samples, whatever byte rate it states: %i',
    (byteRate) => {
      const length = new LiveAudioLength({ encoding: 'AUDIO_ENCODING_WAV' });
      const header = wavHeader(48_000, 1);
      header.writeUInt32LE(byteRate, 28);
      expect(length.push(header.subarray(0, 30))).toBe(0);
      expect(length.push(Buffer.concat([header.subarray(30), Buffer.alloc(960)]))).toBeCloseTo(10);
      expect(length.push(Buffer.alloc(9_600))).toBeCloseTo(100);
    },
  );

  it('of what is refused as too slow, or as no WAVE file, is no longer than of the slowest that is taken', () => {
    const slow = new LiveAudioLength({ encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 1, channels: 1 });
    expect(slow.push(Buffer.alloc(16_000))).toBeCloseTo(1_000);
    const none = new LiveAudioLength({ encoding: 'AUDIO_ENCODING_WAV' });
    expect(none.push(Buffer.alloc(32_000))).toBeCloseTo(1_000);
  });

  it.each([
    // Configuration in the upper five bits, number of frames in the lower two (RFC 6716, table 2).
    [[0 << 3], 10],
    [[3 << 3], 60],
    [[(9 << 3) | 1], 40],
    [[13 << 3], 20],
    [[16 << 3], 2.5],
    [[(31 << 3) | 2], 40],
    [[(31 << 3) | 3, 5], 100],
    [[(3 << 3) | 3, 63], 120],
    [[], 0],
  ])('is told by the first bytes of an Opus packet: %j', (bytes, ms) => {
    expect(opusPacketMs(Buffer.from(bytes))).toBe(ms);
  });
});
