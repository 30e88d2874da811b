import { describe, expect, it } from '@jest/globals';
import { WyomingAudio, wyomingAudioFormat, WyomingSpeechRate } from './wyoming-audio.js';

/** One second of 440 Hz at half of full scale. */
function tone(rate: number, width: 1 | 2 | 3 | 4, channels: number): Buffer {
  const bytes = Buffer.alloc(rate * width * channels);
  for (let frame = 0; frame < rate; frame++) {
    const value = Math.sin((2 * Math.PI * 440 * frame) / rate) / 2;
    for (let channel = 0; channel < channels; channel++) {
      const at = (frame * channels + channel) * width;
      if (width === 1) bytes.writeUInt8(Math.round(value * 127) + 128, at);
      else bytes.writeIntLE(Math.round(value * (2 ** (width * 8 - 1) - 1)), at, width);
    }
  }
  return bytes;
}

function converted(format: { rate: number; width: number; channels: number }, bytes: Buffer): Int16Array {
  const audio = new WyomingAudio(format, 10_000);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1_001) parts.push(audio.push(bytes.subarray(at, at + 1_001)));
  parts.push(audio.end());
  const all = Buffer.concat(parts);
  return new Int16Array(all.buffer, all.byteOffset, all.length / 2);
}

describe('audio of a Wyoming client', () => {
  it.each([
    [16_000, 2, 1],
    [8_000, 1, 1],
    [22_050, 2, 2],
    [44_100, 3, 2],
    [48_000, 4, 1],
    [96_000, 2, 8],
  ] as const)('of %i Hz, %i bytes and %i channels becomes 16 kHz mono', (rate, width, channels) => {
    const samples = converted({ rate, width, channels }, tone(rate, width, channels));
    expect(samples).toHaveLength(16_000);
    const middle = samples.subarray(4_000, 12_000);
    const level = Math.sqrt(middle.reduce((sum, value) => sum + value ** 2, 0) / middle.length) / 32_768;
    expect(level).toBeCloseTo(0.5 / Math.SQRT2, 2);
    const crossings = middle.filter((value, i) => i > 0 && value >= 0 !== middle[i - 1]! >= 0).length;
    expect(Math.abs(crossings - 440)).toBeLessThanOrEqual(1);
  });

  it('passes as it is where it is 16 kHz mono of 16 bits already', () => {
    const bytes = tone(16_000, 2, 1);
    expect(new WyomingAudio({ rate: 16_000, width: 2, channels: 1 }, 10_000).push(bytes)).toEqual(bytes);
  });

  it.each([
    ['rate', { rate: 7_999, width: 2, channels: 1 }],
    ['rate', { rate: 200_000, width: 2, channels: 1 }],
    ['rate', { rate: 16_000.5, width: 2, channels: 1 }],
    ['width', { rate: 16_000, width: 8, channels: 1 }],
    ['width', { rate: 16_000, width: 0, channels: 1 }],
    ['channels', { rate: 16_000, width: 2, channels: 0 }],
    ['channels', { rate: 16_000, width: 2, channels: 9 }],
  ])('is refused by the name of what is not there: %s', (name, format) => {
    const fault = expect.objectContaining({
      code: 'audio.unsupported_format',
      message: expect.stringMatching(`^${name}: `),
    });
    expect(() => wyomingAudioFormat(format)).toThrow(fault);
  });

  it('is refused without a format, and where it is longer than allowed', () => {
    expect(() => wyomingAudioFormat({ rate: '16000', width: 2, channels: 1 })).toThrow(/^rate: /);
    expect(() => wyomingAudioFormat({ rate: 16_000, width: 2 })).toThrow(/^channels: /);
    const audio = new WyomingAudio({ rate: 8_000, width: 1, channels: 1 }, 1_000);
    audio.push(Buffer.alloc(8_000, 128));
    expect(() => audio.push(Buffer.alloc(1))).toThrow(expect.objectContaining({ code: 'audio.too_long' }));
  });
});

describe('speech at another rate', () => {
  it('comes in whole samples, as long as it was', () => {
    const same = new WyomingSpeechRate(24_000, 24_000);
    expect(same.push(Buffer.from([1, 2, 3]))).toEqual(Buffer.from([1, 2]));
    expect(same.push(Buffer.from([4]))).toEqual(Buffer.from([3, 4]));
    const other = new WyomingSpeechRate(16_000, 24_000);
    const bytes = tone(16_000, 2, 1);
    const parts = [other.push(bytes.subarray(0, 999)), other.push(bytes.subarray(999)), other.end()];
    expect(Buffer.concat(parts)).toHaveLength(48_000);
  });
});
