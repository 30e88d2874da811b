import { AppError } from '@parlance/errors';
import type { SampleFormat } from './sample-format.js';
import { soundFileIn } from './sound-file.js';

/** What a WAV file's header says. */
export interface WavFormat {
  readonly sampleFormat: SampleFormat;
  readonly sampleRateHz: number;
  readonly channels: number;
  /** Declared length of the samples; undefined where the writer did not know it (a stream). */
  readonly dataBytes: number | undefined;
}

export interface WavHeader extends WavFormat {
  /** Where the samples begin. */
  readonly dataOffset: number;
}

const PCM = 0x0001;
const IEEE_FLOAT = 0x0003;
const EXTENSIBLE = 0xfffe;
/** Chunks before the samples (lists, artwork) may take this much. */
const HEADER_LIMIT_BYTES = 1024 * 1024;
const MAX_CHANNELS = 32;
export const MIN_SAMPLE_RATE_HZ = 8000;
export const MAX_SAMPLE_RATE_HZ = 192000;

/** @throws AppError audio.unsupported_format */
export function checkSampleRate(sampleRateHz: number): void {
  if (
    !Number.isInteger(sampleRateHz) ||
    sampleRateHz < MIN_SAMPLE_RATE_HZ ||
    sampleRateHz > MAX_SAMPLE_RATE_HZ
  )
    throw new AppError('audio.unsupported_format', 'The sample rate must lie between 8000 and 192000 Hz.');
}

/**
 * Reads a RIFF/WAVE header (Microsoft's "Multiple Channel Audio Data and WAVE Files", EBU Tech 3306 for RF64).
 * @param bytes  the file's beginning
 * @returns undefined while more of the file is needed
 * @throws AppError audio.unsupported_format, audio.corrupt
 */
export function parseWavHeader(bytes: Buffer): WavHeader | undefined {
  if (!startsLikeWav(bytes)) {
    const found = soundFileIn(bytes);
    const but = found && found !== 'more' ? ` but ${found}` : '';
    throw new AppError('audio.unsupported_format', `The audio is not a RIFF/WAVE file${but}.`);
  }
  if (bytes.length < 12) return undefined;
  let format: Omit<WavFormat, 'dataBytes'> | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const id = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === 'data') {
      if (!format)
        throw new AppError('audio.corrupt', 'The WAV file has no format chunk before its samples.');
      return { ...format, dataBytes: size === 0 || size === 0xffffffff ? undefined : size, dataOffset: body };
    }
    if (size > HEADER_LIMIT_BYTES || body + size > HEADER_LIMIT_BYTES)
      throw new AppError('audio.corrupt', 'The WAV file has no samples near its beginning.');
    if (body + size > bytes.length) return undefined;
    if (id === 'fmt ') format = readFormat(bytes.subarray(body, body + size));
    // Chunks are padded to an even length.
    at = body + size + (size & 1);
  }
  return undefined;
}

function startsLikeWav(bytes: Buffer): boolean {
  const riff = bytes.toString('latin1', 0, 4);
  const wave = bytes.toString('latin1', 8, 12);
  return ('RIFF'.startsWith(riff) || 'RF64'.startsWith(riff)) && 'WAVE'.startsWith(wave);
}

function readFormat(chunk: Buffer): Omit<WavFormat, 'dataBytes'> {
  if (chunk.length < 16) throw new AppError('audio.corrupt', "The WAV file's format chunk is too short.");
  const tag = chunk.readUInt16LE(0);
  const channels = chunk.readUInt16LE(2);
  const sampleRateHz = chunk.readUInt32LE(4);
  const blockAlign = chunk.readUInt16LE(12);
  const bits = chunk.readUInt16LE(14);
  // The sub-format's first two bytes are the tag it stands for.
  const encoding = tag === EXTENSIBLE && chunk.length >= 26 ? chunk.readUInt16LE(24) : tag;
  const sampleFormat = formatOf(encoding, bits);
  if (!sampleFormat)
    throw new AppError(
      'audio.unsupported_format',
      'WAV files must hold PCM samples of 8, 16, 24 or 32 bits, or floats of 32 or 64 bits.',
    );
  if (channels < 1 || channels > MAX_CHANNELS)
    throw new AppError('audio.unsupported_format', `WAV files must have 1 to ${MAX_CHANNELS} channels.`);
  if (blockAlign !== (channels * bits) / 8)
    throw new AppError('audio.corrupt', "The WAV file's format chunk contradicts itself.");
  checkSampleRate(sampleRateHz);
  return { sampleFormat, sampleRateHz, channels };
}

function formatOf(encoding: number, bits: number): SampleFormat | undefined {
  if (encoding === PCM) return ({ 8: 'u8', 16: 's16le', 24: 's24le', 32: 's32le' } as const)[bits];
  if (encoding === IEEE_FLOAT) return ({ 32: 'f32le', 64: 'f64le' } as const)[bits];
  return undefined;
}
