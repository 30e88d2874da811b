import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@parlance/errors';
import { madeFile, piecedFile } from '../../../../test/support/media-files.js';
import { gatewaySchema, type GatewayConfig } from '../gateway.config.js';
import { DecoderService, PCM_BYTES_PER_MS } from './decoder.service.js';
import { HeldMemory } from './held-memory.js';

const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=5:duration=10'];
const TONE = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2'];
/** A tone of 2 s that begins at 4 s. */
const LATE = ['-itsoffset', '4', ...TONE];

function decoder(limits: Partial<GatewayConfig['decoder']> = {}): DecoderService {
  const usual = { concurrency: 1, queue: 0, maxDurationMs: 60_000, maxHeldBytes: 2 ** 24 };
  const memory = new HeldMemory(gatewaySchema.parse({}));
  return new DecoderService({ decoder: { ffmpegPath: 'ffmpeg', ...usual, ...limits } }, memory);
}

async function* once(file: Buffer): AsyncGenerator<Buffer> {
  yield file;
}

async function decoded(file: Buffer, service = decoder()): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of service.decode(once(file), new AbortController().signal)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function faultOf(file: Buffer, service: DecoderService): Promise<string> {
  try {
    await decoded(file, service);
    return 'none';
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}

/** Stretches of sound, seconds; a silence of 0.2 s parts them. */
function soundIn(pcm: Buffer): [number, number][] {
  const stretches: [number, number][] = [];
  for (let at = 0; at + 2 <= pcm.length; at += 2) {
    if (Math.abs(pcm.readInt16LE(at)) < 1_000) continue;
    const seconds = at / PCM_BYTES_PER_MS / 1000;
    const last = stretches.at(-1);
    if (last && seconds - last[1] < 0.2) last[1] = seconds;
    else stretches.push([seconds, seconds]);
  }
  return stretches;
}

function expectSound(pcm: Buffer, ...stretches: readonly (readonly [number, number])[]): void {
  const found = soundIn(pcm);
  expect(found.length).toBe(stretches.length);
  for (const [index, [from, to]] of stretches.entries()) {
    expect(Math.abs(found[index]![0] - from)).toBeLessThan(0.1);
    expect(Math.abs(found[index]![1] - to)).toBeLessThan(0.1);
  }
}

describe('sound stands where a player plays it', () => {
  it.each([
    ['a Matroska film', 'mkv', [...PICTURE, ...LATE, '-c:a', 'aac']],
    ['an MP4 film', 'mp4', [...PICTURE, ...LATE]],
    ['an MP4 film with its index first', 'mp4', [...PICTURE, ...LATE, '-movflags', 'faststart']],
    ['a Matroska sound file', 'mka', [...LATE, '-c:a', 'pcm_s16le']],
    ['a WebM', 'webm', [...LATE, '-c:a', 'libopus']],
    ['an M4A', 'm4a', LATE],
  ])('at 4 s in %s', async (_, extension, args) => {
    expectSound(await decoded(madeFile(extension, ...args)), [4, 6]);
  });

  it.each(['mka', 'mkv', 'mp4', 'm4a', 'ts', 'flv'])('on both sides of a gap in a .%s', async (extension) => {
    const file = piecedFile(extension, { seconds: 2, nextAt: 8 });
    expectSound(await decoded(file), [0, 2], [8, 10]);
  });

  it.each([
    ['mp3', []],
    ['m4a', []],
    ['mp4', ['-movflags', 'frag_keyframe+empty_moov']],
    ['webm', ['-c:a', 'libopus']],
    ['mkv', ['-c:a', 'libvorbis']],
    ['ogg', ['-c:a', 'libvorbis']],
    ['flac', []],
  ])('and an ordinary .%s gives the samples that ffmpeg makes of it', async (extension, options) => {
    const file = madeFile(extension, ...TONE, ...options);
    const args = ['-v', 'error', '-i', 'pipe:0', '-ac', '1', '-ar', '16000', '-f', 's16le', 'pipe:1'];
    expect((await decoded(file)).equals(execFileSync('ffmpeg', args, { input: file }))).toBe(true);
  });

  const MUCH_LATER = ['-itsoffset', '36000', ...TONE, '-c:a', 'pcm_s16le'];

  it('a length that is claimed to be hours is audio.too_long, and no silence is made', async () => {
    const before = process.memoryUsage().rss;
    const file = madeFile('mka', ...MUCH_LATER);
    expect(await faultOf(file, decoder({ maxDurationMs: 7_200_000 }))).toBe('audio.too_long');
    expect(process.memoryUsage().rss - before).toBeLessThan(32 * 2 ** 20);
  });

  it('a piece of a longer stream begins with its own first sound', async () => {
    const recording = madeFile('mka', ...MUCH_LATER, '-live', '1');
    const pcm = await decoded(recording, decoder({ maxDurationMs: 7_200_000 }));
    expect(pcm.length / PCM_BYTES_PER_MS).toBeCloseTo(2_000, -2);
  });
});

describe('what is heard is what a player plays', () => {
  it.each(['mkv', 'mp4'])('the audio track marked as default of a .%s, not the first', async (extension) => {
    const silence = ['-f', 'lavfi', '-i', 'anullsrc=duration=2'];
    const marks = ['-disposition:a:0', '0', '-disposition:a:1', 'default'];
    const maps = ['-map', '0:v', '-map', '1:a', '-map', '2:a', '-shortest'];
    const film = (marked: readonly string[]) =>
      madeFile(extension, ...PICTURE, ...silence, ...TONE, ...maps, ...marked);
    expectSound(await decoded(film(marks)), [0, 2]);
    expectSound(await decoded(film(['-disposition:a', '0'])));
  });

  it('stereo of opposite phases', async () => {
    const file = madeFile('m4a', ...TONE, '-af', 'pan=stereo|c0=c0|c1=-1*c0');
    expectSound(await decoded(file), [0, 2]);
  });
});

describe('a decoder that ends before the file does', () => {
  it.each([
    ['is killed', 'kill -9 $$', 'upstream.unavailable'],
    ['fails', 'exit 69', 'audio.corrupt'],
  ])('and %s gives no recording', async (_, end, code) => {
    const folder = mkdtempSync(join(tmpdir(), 'parlance-decoder-'));
    try {
      const ffmpegPath = join(folder, 'ffmpeg');
      const script = `head -c 3200 /dev/zero; echo '0, 0, 0, 1600, 3200, 0x0' >&3; cat > /dev/null; ${end}\n`;
      writeFileSync(ffmpegPath, `#!/bin/sh\n${script}`);
      chmodSync(ffmpegPath, 0o755);
      expect(await faultOf(madeFile('mp3', ...TONE), decoder({ ffmpegPath }))).toBe(code);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
