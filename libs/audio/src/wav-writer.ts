import { BYTES_PER_SAMPLE } from './sample-format.js';

const HEADER_BYTES = 44;
const UNKNOWN_SIZE = 0xffffffff;

/**
 * The 44-byte header of a 16-bit PCM WAV file.
 * @param dataBytes  left out: the length is not known yet (a stream)
 */
export function wavHeader(sampleRateHz: number, channels: number, dataBytes?: number): Buffer {
  const blockAlign = BYTES_PER_SAMPLE.s16le * channels;
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0, 'latin1');
  header.writeUInt32LE(dataBytes === undefined ? UNKNOWN_SIZE : dataBytes + HEADER_BYTES - 8, 4);
  header.write('WAVEfmt ', 8, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRateHz, 24);
  header.writeUInt32LE(sampleRateHz * blockAlign, 28);
  header.writeUInt16LE(blockAlign, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(dataBytes ?? UNKNOWN_SIZE, 40);
  return header;
}

/** A whole 16-bit PCM WAV file. */
export function writeWav(samples: Int16Array, sampleRateHz: number, channels = 1): Buffer {
  const data = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return Buffer.concat([wavHeader(sampleRateHz, channels, data.length), data]);
}
