import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { wavHeader } from '@parlance/audio';
import { isAppError } from '@parlance/errors';
import { madeFile } from '../../../../test/support/media-files.js';
import { HeldMemory } from './held-memory.js';
import { gatewaySchema, type GatewayConfig } from '../gateway.config.js';
import { DecoderService, PCM_BYTES_PER_MS } from './decoder.service.js';

const SINE = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=2'];
const PICTURE = ['-f', 'lavfi', '-i', 'testsrc=size=64x64:rate=10:duration=2'];

async function* inChunks(bytes: Buffer, size = 5_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

function decoder(limits: Partial<GatewayConfig['decoder']> = {}): DecoderService {
  const usual = {
    ffmpegPath: 'ffmpeg',
    concurrency: 2,
    queue: 2,
    maxDurationMs: 60_000,
    maxHeldBytes: 2 ** 24,
  };
  return new DecoderService({ decoder: { ...usual, ...limits } }, new HeldMemory(gatewaySchema.parse({})));
}

async function decodedMs(file: Buffer, service = decoder()): Promise<number> {
  let bytes = 0;
  for await (const chunk of service.decode(inChunks(file), new AbortController().signal))
    bytes += chunk.length;
  return bytes / PCM_BYTES_PER_MS;
}

async function faultOf(file: Buffer, service = decoder()): Promise<string> {
  try {
    await decodedMs(file, service);
    return 'none';
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}

describe('recordings of every common kind become 16 kHz mono', () => {
  const kinds: Record<string, () => Buffer> = {
    'an 8-bit WAV': () => madeFile('wav', ...SINE, '-c:a', 'pcm_u8'),
    'a 24-bit 44.1 kHz stereo WAV': () =>
      madeFile('wav', ...SINE, '-c:a', 'pcm_s24le', '-ar', '44100', '-ac', '2'),
    'a 32-bit WAV': () => madeFile('wav', ...SINE, '-c:a', 'pcm_s32le'),
    'a 16 kHz mono WAV': () => madeFile('wav', ...SINE, '-ar', '16000', '-ac', '1'),
    'an MP3': () => madeFile('mp3', ...SINE),
    'a FLAC': () => madeFile('flac', ...SINE),
    'a WebM with Opus': () => madeFile('webm', ...SINE, '-c:a', 'libopus'),
    'an Ogg Vorbis': () => madeFile('ogg', ...SINE, '-c:a', 'libvorbis'),
    'an M4A with its index at the end': () => madeFile('m4a', ...SINE),
    'an M4A with its index first': () => madeFile('m4a', ...SINE, '-movflags', 'faststart'),
    'a fragmented MP4': () => madeFile('mp4', ...SINE, '-movflags', 'frag_keyframe+empty_moov'),
    'a video with its index at the end': () => madeFile('mp4', ...PICTURE, ...SINE, '-shortest'),
    'a QuickTime video': () => madeFile('mov', ...PICTURE, ...SINE, '-shortest'),
  };
  it.each(Object.entries(kinds))('%s is heard whole', async (_, make) => {
    const durationMs = await decodedMs(make());
    expect(durationMs).toBeGreaterThan(1_900);
    expect(durationMs).toBeLessThan(2_150);
  });

  it('an M4A whose index was moved decodes to the same samples as ffmpeg reading the file itself', async () => {
    const file = madeFile('m4a', ...SINE);
    expect(file.lastIndexOf('moov')).toBeGreaterThan(file.indexOf('mdat'));
    const chunks: Buffer[] = [];
    for await (const chunk of decoder().decode(inChunks(file), new AbortController().signal))
      chunks.push(chunk);
    const folder = mkdtempSync(join(tmpdir(), 'parlance-media-'));
    const { writeFileSync } = await import('node:fs');
    writeFileSync(join(folder, 'a.m4a'), file);
    const reference = execFileSync('ffmpeg', [
      ...['-v', 'error', '-i', join(folder, 'a.m4a'), '-ac', '1', '-ar', '16000', '-f', 's16le', 'pipe:1'],
    ]);
    rmSync(folder, { recursive: true });
    expect(Buffer.concat(chunks).equals(reference)).toBe(true);
  });
});

describe('a WAV that needs no conversion', () => {
  const PLAIN = ['-ar', '16000', '-ac', '1', '-c:a', 'pcm_s16le'];

  it('needs no ffmpeg and gives the very samples', async () => {
    const samples = madeFile('raw', ...SINE, ...PLAIN, '-f', 's16le');
    const service = decoder({ ffmpegPath: 'no-such-program' });
    const chunks: Buffer[] = [];
    for await (const chunk of service.decode(
      inChunks(madeFile('wav', ...SINE, ...PLAIN), 333),
      new AbortController().signal,
    ))
      chunks.push(chunk);
    expect(chunks.every((chunk) => chunk.length % 2 === 0)).toBe(true);
    expect(Buffer.concat(chunks).equals(samples)).toBe(true);
  });

  it('says its length before it is read, and is empty without samples', async () => {
    const hours = wavHeader(16_000, 1, 3 * 3600 * 32_000);
    expect(await faultOf(Buffer.concat([hours, Buffer.alloc(1_000)]))).toBe('audio.too_long');
    expect(await faultOf(wavHeader(16_000, 1, 0))).toBe('audio.empty');
  });
});

describe('what cannot be heard says why', () => {
  it('nothing at all is audio.empty', async () => {
    expect(await faultOf(Buffer.alloc(0))).toBe('audio.empty');
  });
  it('text under any name is audio.unsupported_format', async () => {
    expect(await faultOf(Buffer.from('Dear diary, today I named a letter .wav.\n'.repeat(50)))).toBe(
      'audio.unsupported_format',
    );
  });
  it('a truncated WAV gives what is there', async () => {
    const whole = madeFile('wav', ...SINE);
    expect(await decodedMs(whole.subarray(0, whole.length / 2))).toBeGreaterThan(900);
  });
  it.each([1, 4_000, 7_999])('a WAV of %i Hz is refused by its rate before it is read', async (hz) => {
    const file = Buffer.concat([wavHeader(hz, 1, 32_000), Buffer.alloc(32_000)]);
    const service = decoder({ ffmpegPath: '/nonexistent' });
    await expect(decodedMs(file, service)).rejects.toMatchObject({
      code: 'audio.unsupported_format',
      message: expect.stringContaining(`${hz} Hz`),
    });
  });
  it('a FLAC of 4000 Hz is refused by its rate, whatever its title says', async () => {
    const title = ['-metadata', `title=${'x'.repeat(9_000)} Stream #0:0: Audio: flac, 48000 Hz`];
    const file = madeFile('flac', ...SINE, '-ar', '4000', ...title);
    await expect(decodedMs(file)).rejects.toMatchObject({
      code: 'audio.unsupported_format',
      message: expect.stringContaining('4000 Hz'),
    });
  });
  it('an MP4 cut before its index is audio.corrupt', async () => {
    const whole = madeFile('m4a', ...SINE);
    expect(await faultOf(whole.subarray(0, whole.length / 2))).toBe('audio.corrupt');
  });
  it('a video without sound is audio.empty', async () => {
    expect(await faultOf(madeFile('mp4', ...PICTURE))).toBe('audio.empty');
  });
  it('a recording over the limit is audio.too_long before its samples are counted', async () => {
    const file = madeFile('flac', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=120');
    let chunks = 0;
    await expect(async () => {
      for await (const _ of decoder().decode(inChunks(file), new AbortController().signal)) chunks++;
    }).rejects.toMatchObject({ code: 'audio.too_long' });
    expect(chunks).toBe(0);
  });
  it('a recording that does not tell its length is cut off at the limit', async () => {
    const file = madeFile('aac', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=5');
    expect(await faultOf(file, decoder({ maxDurationMs: 2_000 }))).toBe('audio.too_long');
  });
  it('an MP4 too large to hold until its index comes is request.too_large', async () => {
    expect(await faultOf(madeFile('m4a', ...SINE), decoder({ maxHeldBytes: 4_096 }))).toBe(
      'request.too_large',
    );
  });
});

describe('a crafted file reaches nothing', () => {
  it('playlists and concatenations open no address', async () => {
    let connections = 0;
    const trap = createServer(() => connections++).listen(0, '127.0.0.1');
    await new Promise((resolve) => trap.once('listening', resolve));
    const { port } = trap.address() as { port: number };
    const address = `http://127.0.0.1:${port}/a.wav`;
    const crafted = [
      `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${address}\n#EXT-X-ENDLIST\n`,
      `ffconcat version 1.0\nfile '${address}'\n`,
      `v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio ${port} RTP/AVP 0\n`,
      `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>${address}</BaseURL></MPD>`,
    ];
    for (const text of crafted) expect(await faultOf(Buffer.from(text))).toBe('audio.unsupported_format');
    expect(connections).toBe(0);
    await new Promise((resolve) => trap.close(resolve));
  });
});

describe('a caller who leaves', () => {
  it('stops the decoder and frees its place', async () => {
    const service = decoder({ concurrency: 1, queue: 0, maxHeldBytes: 2 ** 20 });
    const leave = new AbortController();
    async function* endless(): AsyncGenerator<Buffer> {
      yield madeFile('wav', ...SINE);
      await new Promise(() => undefined);
    }
    const decoding = (async () => {
      for await (const _ of service.decode(endless(), leave.signal)) continue;
    })();
    setTimeout(() => leave.abort(), 100);
    await expect(decoding).rejects.toMatchObject({ code: 'request.cancelled' });
    expect(await decodedMs(madeFile('wav', ...SINE), service)).toBe(2_000);
  });
});
