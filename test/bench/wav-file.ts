import { readFileSync } from 'node:fs';

/** A 16 kHz mono 16-bit WAV as ffmpeg writes it: extra chunks may stand before the samples. */
export function readWav(file: string): Int16Array {
  const bytes = readFileSync(file);
  const start = bytes.indexOf('data', 12) + 8;
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
}
