import { describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { madeFile } from '../../../test/support/media-files.js';
import { packetsOfOgg, READ_SPEECH, speechFile } from '../../../test/support/speech-samples.js';
import { AudioDecoder, type AudioInput } from './audio-decoder.js';

async function decode(input: AudioInput, chunks: readonly Uint8Array[]): Promise<Float32Array> {
  const decoder = await AudioDecoder.open(input);
  const samples = chunks.flatMap((bytes) => [...decoder.push(bytes)]);
  samples.push(...decoder.end());
  decoder.close();
  return Float32Array.from(samples);
}

describe('AudioDecoder', () => {
  it('passes 16 kHz mono through, whatever the offset of the bytes', async () => {
    const bytes = Buffer.concat([Buffer.alloc(1), Buffer.from(Int16Array.of(16384, -8192).buffer)]).subarray(
      1,
    );
    const input = { encoding: 's16le', sampleRateHz: 16000, channels: 1 } as const;
    expect([...(await decode(input, [bytes]))]).toEqual([0.5, -0.25]);
    expect([
      ...(await decode(input, [bytes.subarray(0, 1), bytes.subarray(1, 2), bytes.subarray(2)])),
    ]).toEqual([0.5, -0.25]);
  });

  it('mixes stereo down before it resamples', async () => {
    const frames = Float32Array.from({ length: 2 * 4410 }, (_, i) => (i % 2 === 0 ? 0.6 : 0.2));
    const samples = await decode({ encoding: 'f32le', sampleRateHz: 44100, channels: 2 }, [
      Buffer.from(frames.buffer),
    ]);
    expect(samples.length).toBe(1600);
    expect(samples[800]).toBeCloseTo(0.4, 3);
  });

  it('meters the level as sent', async () => {
    const decoder = await AudioDecoder.open({ encoding: 's16le', sampleRateHz: 48000, channels: 1 });
    decoder.push(Buffer.from(Int16Array.from({ length: 1000 }, (_, i) => (i < 100 ? 32767 : 0)).buffer));
    expect(decoder.level.clippingRatio).toBeCloseTo(0.1, 6);
    expect(decoder.level.peakDbfs).toBeCloseTo(0, 2);
    expect(decoder.level.rmsDbfs).toBeCloseTo(-10, 1);
  });

  it('decodes Opus packets (libopus, 440 Hz tone, packets in test/fixtures/audio) to 16 kHz', async () => {
    const fixture = new URL('../../../test/fixtures/audio/tone-440hz.opus-packets.json', import.meta.url);
    const packets = (JSON.parse(readFileSync(fixture, 'utf8')) as string[]).map((text) =>
      Buffer.from(text, 'base64'),
    );
    const samples = await decode({ encoding: 'opus', sampleRateHz: 0, channels: 1 }, packets);
    expect(samples.length).toBe(packets.length * 320);
    const middle = samples.subarray(2000, 5200);
    const crossings = middle.filter((value, i) => i > 0 && value >= 0 && middle[i - 1]! < 0).length;
    expect(Math.abs(crossings / 0.2 - 440)).toBeLessThanOrEqual(5);
  });

  it('decodes the largest Opus packets there are: 120 ms at 510 kbit/s', async () => {
    const options = ['-c:a', 'libopus', '-b:a', '510k', '-vbr', 'off', '-frame_duration', '120', '-ac', '2'];
    const packets = packetsOfOgg(madeFile('opus', '-i', speechFile(READ_SPEECH.letter), ...options));
    expect(Math.max(...packets.map((packet) => packet.length))).toBeGreaterThan(3_840);
    const samples = await decode({ encoding: 'opus', sampleRateHz: 0, channels: 1 }, packets);
    expect(samples.length).toBe(packets.length * 1_920);
    expect(samples.some((sample) => Math.abs(sample) > 0.1)).toBe(true);
  });

  it('hears stereo of opposite phases, as raw samples and as Opus', async () => {
    const turned = ['-i', speechFile(READ_SPEECH.letter), '-af', 'pan=stereo|c0=c0|c1=-1*c0'];
    const raw = madeFile('raw', ...turned, '-f', 's16le', '-ar', '16000');
    const packets = packetsOfOgg(madeFile('opus', ...turned, '-c:a', 'libopus', '-b:a', '128k'));
    for (const samples of [
      await decode({ encoding: 's16le', sampleRateHz: 16_000, channels: 2 }, [raw]),
      await decode({ encoding: 'opus', sampleRateHz: 0, channels: 1 }, packets),
    ])
      expect(samples.filter((sample) => Math.abs(sample) > 0.05).length).toBeGreaterThan(5_000);
  });

  it.each(['opus', 's16le'] as const)('says which file came where %s was announced', async (encoding) => {
    for (const [extension, found] of [
      ['opus', 'Ogg'],
      ['webm', 'WebM'],
    ] as const) {
      const file = madeFile(extension, '-i', speechFile(READ_SPEECH.letter));
      const fault = { code: 'audio.corrupt', message: expect.stringContaining(found) };
      const input = { encoding, sampleRateHz: 16_000, channels: 1 } as const;
      await expect(decode(input, [file])).rejects.toMatchObject(fault);
    }
  });

  it.each([
    [
      'a packet that is none',
      { encoding: 'opus', sampleRateHz: 0, channels: 1 },
      Buffer.alloc(40, 0xff),
      'audio.corrupt',
    ],
    [
      'a rate of 1 Hz',
      { encoding: 's16le', sampleRateHz: 1, channels: 1 },
      Buffer.alloc(2),
      'audio.unsupported_format',
    ],
    [
      'six raw channels',
      { encoding: 's16le', sampleRateHz: 16000, channels: 6 },
      Buffer.alloc(2),
      'audio.unsupported_format',
    ],
    [
      'NaN',
      { encoding: 'f32le', sampleRateHz: 16000, channels: 1 },
      Buffer.from(Float32Array.of(NaN).buffer),
      'audio.corrupt',
    ],
  ] satisfies [string, AudioInput, Buffer, string][])('refuses %s', async (_, input, bytes, code) => {
    // opus-decoder says on the console what it also returns.
    const silenced = jest.spyOn(console, 'error').mockReturnValue(undefined);
    await expect(decode(input, [bytes])).rejects.toMatchObject({ code });
    silenced.mockRestore();
  });
});
