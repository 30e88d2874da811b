import { describe, expect, it } from '@jest/globals';
import type { StreamingRecognizeRequest } from '@parlance/contracts';
import { isAppError } from '@parlance/errors';
import { madeFile } from '../../../../test/support/media-files.js';
import {
  packetsOfOgg,
  READ_SPEECH,
  speechAs,
  speechFile,
  speechPcm,
} from '../../../../test/support/speech-samples.js';
import { until } from '../../../../test/support/until.js';
import { SpokenAudio } from './spoken-audio.js';

const SPEECH = ['-i', speechFile(READ_SPEECH.letter)];
const PICTURE = ['-f', 'lavfi', '-t', '4.5', '-i', 'testsrc=size=320x240:rate=15'];
const RAW = { encoding: undefined, sample_rate: 16_000, channels: 1 } as const;
const MS_PER_BYTE = 1 / 32;

/** Stands for the stream and the client. */
class Listener {
  pcm: Buffer[] = [];
  faults: unknown[] = [];
  async send({ audio }: StreamingRecognizeRequest): Promise<void> {
    this.pcm.push(audio as Buffer);
  }

  fail(error: unknown): void {
    this.faults.push(error);
  }

  get passedMs(): number {
    return this.pcm.reduce((sum, { length }) => sum + length, 0) * MS_PER_BYTE;
  }
}

function open(format: ConstructorParameters<typeof SpokenAudio>[0] = RAW, ffmpeg = 'ffmpeg') {
  const listener = new Listener();
  return { listener, audio: new SpokenAudio(format, ffmpeg, true, listener, listener) };
}

async function pushAll(audio: SpokenAudio, bytes: Buffer, size = 2_000): Promise<void> {
  for (let at = 0; at < bytes.length; at += size) await audio.push(bytes.subarray(at, at + size));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    return isAppError(error) ? error.code : String(error);
  }
}

/** Mean size of its samples. */
function loudness(pcm: Buffer): number {
  const samples = new Int16Array(pcm.buffer.slice(pcm.byteOffset, pcm.byteOffset + pcm.length));
  return samples.reduce((sum, sample) => sum + Math.abs(sample), 0) / samples.length;
}

describe('audio whose encoding is not told', () => {
  const kinds: Record<string, () => Buffer> = {
    'a WebM with Opus': () => madeFile('webm', ...SPEECH, '-c:a', 'libopus'),
    'an Ogg with Opus': () => madeFile('ogg', ...SPEECH, '-c:a', 'libopus'),
    'an MP3': () => madeFile('mp3', ...SPEECH),
    'an MP3 without tags': () => madeFile('mp3', ...SPEECH, '-id3v2_version', '0', '-write_xing', '0'),
    'a FLAC': () => madeFile('flac', ...SPEECH),
    'an Ogg with Vorbis': () => madeFile('ogg', ...SPEECH, '-c:a', 'libvorbis'),
    'a WebM with Vorbis and a picture': () => madeFile('webm', ...PICTURE, ...SPEECH, '-c:a', 'libvorbis'),
    'a Matroska with AAC': () => madeFile('mkv', ...SPEECH, '-c:a', 'aac'),
    'an MP3 behind a large title': () =>
      madeFile('mp3', ...SPEECH, '-metadata', `title=${'x'.repeat(5_000)}`),
    'an AAC': () => madeFile('aac', ...SPEECH),
    'an MP4 in fragments': () =>
      madeFile('mp4', ...SPEECH, '-movflags', 'frag_keyframe+empty_moov', '-frag_duration', '200000'),
    'a WAV of 44.1 kHz': () => madeFile('wav', ...SPEECH, '-ar', '44100'),
    'raw samples': () => speechPcm(READ_SPEECH.letter),
  };
  it.each(Object.entries(kinds))('is heard while it comes: %s', async (_, make) => {
    const file = make();
    const { audio, listener } = open();
    // The file's last second is still to come.
    const early = Math.floor(file.length * 0.7);
    await pushAll(audio, file.subarray(0, early));
    await until(() => listener.passedMs > 2_000, 5_000);
    await pushAll(audio, file.subarray(early));
    await audio.end();
    expect(listener.passedMs).toBeGreaterThan(4_400);
    expect(listener.passedMs).toBeLessThan(4_700);
    expect(listener.faults).toEqual([]);
    expect(audio.cut(1_000, 2_000).length).toBe(32_000);
    audio.close();
  });

  it('stays linear16 where its first bytes look like nothing, in pieces of any size', async () => {
    const samples = Buffer.concat([Buffer.from([0xff, 0xfb]), speechPcm(READ_SPEECH.letter)]);
    for (const size of [1, 7, 100_000]) {
      const { audio, listener } = open();
      await pushAll(audio, samples.subarray(0, 9_000), size);
      await audio.end();
      expect(Buffer.concat(listener.pcm).equals(samples.subarray(0, 9_000))).toBe(true);
    }
  });

  it('is audio.corrupt where a file was found that cannot be decoded, while it comes and at its end', async () => {
    const broken = Buffer.concat([Buffer.from('OggS'), Buffer.alloc(60_000, 7)]);
    const { audio, listener } = open();
    await pushAll(audio, broken);
    expect(await codeOf(audio.end())).toBe('audio.corrupt');
    await until(() => listener.faults.length === 1);
    audio.close();
  });

  it('is audio.corrupt where an MP4 has its index behind its samples', async () => {
    const { audio } = open();
    await pushAll(audio, madeFile('mp4', '-stream_loop', '20', ...SPEECH));
    expect(await codeOf(audio.end())).toBe('audio.corrupt');
    audio.close();
  });

  it('is upstream.unavailable where there is no decoder', async () => {
    const { audio, listener } = open(RAW, 'no-such-program');
    await pushAll(audio, madeFile('mp3', ...SPEECH));
    await until(() => listener.faults.length === 1);
    expect(listener.faults[0]).toMatchObject({ code: 'upstream.unavailable' });
    expect(await codeOf(audio.end())).toBe('upstream.unavailable');
    audio.close();
  });
});

describe('audio whose encoding is told', () => {
  it.each(['linear16', 'float32', 'opus'] as const)(
    'is audio.corrupt where %s is a WebM',
    async (encoding) => {
      const { audio } = open({ ...RAW, encoding });
      expect(await codeOf(pushAll(audio, madeFile('webm', ...SPEECH)))).toBe('audio.corrupt');
      audio.close();
    },
  );

  it.each(['ogg-opus', 'flac', 'webm'] as const)('is audio.corrupt where %s is no file', async (encoding) => {
    const { audio } = open({ ...RAW, encoding });
    expect(await codeOf(pushAll(audio, speechPcm(READ_SPEECH.letter)))).toBe('audio.corrupt');
    audio.close();
  });

  it.each(['mulaw', 'alaw'] as const)('is decoded where it is %s of 8 kHz', async (encoding) => {
    const { audio, listener } = open({ encoding, sample_rate: 8_000, channels: 1 });
    await pushAll(audio, speechAs(READ_SPEECH.letter, `-ar 8000 -ac 1 -f ${encoding}`));
    await audio.end();
    const [sent, said] = [Buffer.concat(listener.pcm), speechPcm(READ_SPEECH.letter)];
    expect(Math.abs(sent.length - said.length)).toBeLessThan(1_000);
    expect(loudness(sent) / loudness(said)).toBeCloseTo(1, 0);
    audio.close();
  });

  it('is audio.corrupt where a WAV ends within its header', async () => {
    const { audio } = open({ ...RAW, encoding: 'wav' });
    await audio.push(Buffer.from('RIFF1234WAVEfmt '));
    expect(await codeOf(audio.end())).toBe('audio.corrupt');
    audio.close();
  });

  it('is heard in stereo packets of Opus', async () => {
    const { audio, listener } = open({ ...RAW, encoding: 'opus' });
    const options = ['-c:a', 'libopus', '-ac', '2', '-b:a', '510k', '-vbr', 'off', '-frame_duration', '120'];
    for (const packet of packetsOfOgg(madeFile('opus', ...SPEECH, ...options))) await audio.push(packet);
    await audio.end();
    expect(listener.passedMs).toBeGreaterThan(4_400);
    audio.close();
  });

  it('is dropped where it is closed while its decoder is opened', async () => {
    const { audio, listener } = open({ ...RAW, encoding: 'opus' });
    const pushed = audio.push(Buffer.alloc(20));
    await Promise.resolve();
    audio.close();
    await pushed;
    await audio.end();
    expect(listener.pcm).toEqual([]);
  });
});
