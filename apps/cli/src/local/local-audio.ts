import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { AudioDecoder, parseWavHeader } from '@parlance/audio';
import { AppError, isAppError } from '@parlance/errors';
import { programOutput } from '@parlance/processes';

/** A WAV header lies within so many bytes. */
const HEAD_BYTES = 8_192;
/** The first sound of the file, at 16 kHz and in one or two channels, as the gateway has it. */
const TO_SPEECH = [
  ...['-map', '0:a:0', '-vn', '-sn', '-dn', '-af', 'aformat=channel_layouts=mono|stereo'],
  ...['-ar', '16000', '-c:a', 'pcm_s16le', '-f', 'wav', 'pipe:1'],
];

/**
 * Samples of a recording, 16 kHz mono: plain WAV files are read here, everything else by ffmpeg.
 * @param file its path; - for standard input
 * @param ffmpeg the program
 * @throws AppError audio.unsupported_format, audio.corrupt; upstream.unavailable where ffmpeg is not installed
 */
export async function* localAudio(file: string, ffmpeg: string): AsyncGenerator<Float32Array> {
  const decoder = await AudioDecoder.open({ encoding: 'wav', sampleRateHz: 0, channels: 1 });
  const isPlain = file !== '-' && (await isPlainWav(file));
  const bytes = isPlain ? (createReadStream(file) as AsyncIterable<Buffer>) : converted(file, ffmpeg);
  try {
    yield* decoder.decode(bytes);
  } finally {
    decoder.close();
  }
}

async function isPlainWav(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return parseWavHeader(buffer.subarray(0, bytesRead)) !== undefined;
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}

async function* converted(file: string, ffmpeg: string): AsyncGenerator<Buffer> {
  const isStandardInput = file === '-';
  const source = isStandardInput ? 'pipe:0' : `file:${file}`;
  const unavailable = 'ffmpeg is needed to read this file; install it.';
  try {
    yield* programOutput(ffmpeg, ['-hide_banner', '-loglevel', 'error', '-i', source, ...TO_SPEECH], {
      unavailable,
      ...(isStandardInput ? { input: process.stdin as AsyncIterable<Buffer> } : {}),
    });
  } catch (error) {
    if (!isAppError(error) || error.code !== 'upstream.unavailable') throw error;
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') throw error;
    throw new AppError('audio.unsupported_format', 'The file is no recording that ffmpeg can read.');
  }
}
