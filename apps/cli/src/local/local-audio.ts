import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { AudioDecoder, parseWavHeader } from '@parlance/audio';
import { AppError } from '@parlance/errors';

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
  const bytes = file !== '-' && (await isPlainWav(file)) ? createReadStream(file) : converted(file, ffmpeg);
  try {
    for await (const chunk of bytes) yield* decoder.frames(chunk as Buffer);
    yield decoder.end();
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
  const source = file === '-' ? 'pipe:0' : `file:${file}`;
  const child = spawn(ffmpeg, ['-hide_banner', '-loglevel', 'error', '-i', source, ...TO_SPEECH], {
    stdio: [file === '-' ? 'inherit' : 'ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close') as Promise<[code: number | null]>;
  ended.catch(() => undefined);
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const [code] = await ended.catch((cause: unknown) => {
      throw new AppError('upstream.unavailable', 'ffmpeg is needed to read this file; install it.', {
        cause,
      });
    });
    if (code !== 0)
      throw new AppError('audio.unsupported_format', 'The file is no recording that ffmpeg can read.');
  } finally {
    child.kill();
  }
}
