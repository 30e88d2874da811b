import { AppError } from '@parlance/errors';
import { COMPANDED_SAMPLES } from './companding.js';

/** Sample encodings of raw audio and of WAV files, little-endian; mulaw and alaw of raw audio alone. */
export type SampleFormat = 'u8' | 's16le' | 's24le' | 's32le' | 'f32le' | 'f64le' | 'mulaw' | 'alaw';

export const BYTES_PER_SAMPLE: Readonly<Record<SampleFormat, number>> = {
  u8: 1,
  s16le: 2,
  s24le: 3,
  s32le: 4,
  f32le: 4,
  f64le: 8,
  mulaw: 1,
  alaw: 1,
};

/** A typed array's worth of bytes at its natural alignment: a view where the bytes lie well, else a copy. */
function aligned(bytes: Uint8Array, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
}

/**
 * Writes samples as floats in −1…1. Float encodings are clipped to full scale.
 * @param bytes  whole samples only
 * @throws AppError audio.corrupt on a float that is not finite
 */
export function samplesToFloat(
  bytes: Uint8Array,
  format: SampleFormat,
  target: Float32Array,
  offset = 0,
): void {
  const width = BYTES_PER_SAMPLE[format];
  const count = bytes.length / width;
  const source = aligned(bytes, width === 3 ? 1 : width);
  switch (format) {
    case 'u8':
      for (let i = 0; i < count; i++) target[offset + i] = (source[i]! - 128) / 128;
      return;
    case 'mulaw':
    case 'alaw': {
      const values = COMPANDED_SAMPLES[format];
      for (let i = 0; i < count; i++) target[offset + i] = values[source[i]!]!;
      return;
    }
    case 's16le': {
      const view = new Int16Array(source.buffer, source.byteOffset, count);
      for (let i = 0; i < count; i++) target[offset + i] = view[i]! / 32768;
      return;
    }
    case 's24le':
      for (let i = 0, at = 0; i < count; i++, at += 3) {
        target[offset + i] =
          ((source[at]! << 8) | (source[at + 1]! << 16) | (source[at + 2]! << 24)) / 2147483648;
      }
      return;
    case 's32le': {
      const view = new Int32Array(source.buffer, source.byteOffset, count);
      for (let i = 0; i < count; i++) target[offset + i] = view[i]! / 2147483648;
      return;
    }
    case 'f32le':
      return clipFloats(new Float32Array(source.buffer, source.byteOffset, count), target, offset);
    case 'f64le':
      return clipFloats(new Float64Array(source.buffer, source.byteOffset, count), target, offset);
  }
}

function clipFloats(source: Float32Array | Float64Array, target: Float32Array, offset: number): void {
  for (let i = 0; i < source.length; i++) {
    const value = source[i]!;
    // One comparison passes every ordinary sample; NaN fails it too.
    if (value >= -1 && value <= 1) target[offset + i] = value;
    else if (Number.isFinite(value)) target[offset + i] = value > 0 ? 1 : -1;
    else throw new AppError('audio.corrupt', 'The audio holds a sample that is not a number.');
  }
}

/** Floats in −1…1 to 16-bit samples, rounded and clipped. */
export function floatToInt16(samples: Float32Array): Int16Array {
  const result = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const scaled = Math.round(samples[i]! * 32768);
    result[i] = scaled > 32767 ? 32767 : scaled < -32768 ? -32768 : scaled;
  }
  return result;
}

/** Floats in −1…1 to the bytes of 16-bit samples, in the machine's order: s16le. */
export function floatToPcm(samples: Float32Array): Buffer {
  const { buffer, byteOffset, byteLength } = floatToInt16(samples);
  return Buffer.from(buffer, byteOffset, byteLength);
}

export function int16ToFloat(samples: Int16Array): Float32Array {
  const result = new Float32Array(samples.length);
  for (let i = 0; i < samples.length; i++) result[i] = samples[i]! / 32768;
  return result;
}
