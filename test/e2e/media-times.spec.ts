import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ListenClient } from '../support/listen-client.js';
import { madeFile, piecedFile } from '../support/media-files.js';
import { Platform } from '../support/platform.js';
import { opusPackets, READ_SPEECH, speechFile, speechPcm, wordsOf } from '../support/speech-samples.js';
import { until } from '../support/until.js';

const LETTER = ['-i', speechFile(READ_SPEECH.letter)];
const GOTHIC = ['-i', speechFile(READ_SPEECH.gothic)];
const PICTURE = ['-f', 'lavfi', '-t', '12', '-i', 'testsrc=size=64x64:rate=5'];
const TURNED = ['-af', 'pan=stereo|c0=c0|c1=-1*c0'];
/** How far times of Whisper's words may lie from a player's. */
const TOLERANCE = 0.1;

interface Word {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}
interface Verbose {
  readonly text: string;
  readonly duration: number;
  readonly words: readonly Word[];
  readonly segments: readonly { readonly start: number; readonly end: number }[];
}
interface Subtitle {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

// Machines that test are often busy.
jest.setTimeout(120_000);

describe('sound is heard where a player plays it', () => {
  let platform: Platform;
  /** The sentence alone. */
  let plain: Verbose;
  beforeAll(async () => {
    platform = await Platform.start({ services: ['inference'] });
    plain = await verbose(madeFile('wav', ...LETTER));
  });
  afterAll(() => platform?.stop());

  async function transcribe(
    file: Buffer,
    format: 'verbose_json' | 'srt',
    granularities: readonly string[] = [],
  ): Promise<string> {
    const form = new FormData();
    form.set('file', new Blob([new Uint8Array(file)]), 'recording');
    form.set('response_format', format);
    for (const granularity of granularities) form.append('timestamp_granularities[]', granularity);
    const answer = await platform.gateway.fetch('/v1/audio/transcriptions', { method: 'POST', body: form });
    const text = await answer.text();
    expect([answer.status, text]).toEqual([200, text]);
    return text;
  }

  async function verbose(file: Buffer, granularities = ['word', 'segment']): Promise<Verbose> {
    return JSON.parse(await transcribe(file, 'verbose_json', granularities)) as Verbose;
  }

  async function subtitlesOf(file: Buffer): Promise<Subtitle[]> {
    const seconds = (clock: string): number => {
      const [hours = 0, minutes = 0, rest = 0] = clock.replace(',', '.').split(':').map(Number);
      return hours * 3600 + minutes * 60 + rest;
    };
    const srt = await transcribe(file, 'srt');
    return srt
      .trim()
      .split('\n\n')
      .map((block) => {
        const [, times = '', ...text] = block.split('\n');
        const [start = '', end = ''] = times.split(' --> ');
        return { start: seconds(start), end: seconds(end), text: text.join(' ') };
      });
  }

  /** The sentence's words, each so much later than in the sentence alone. */
  function expectSentence(words: readonly Word[], at: number): void {
    expect(words.map(({ word }) => word)).toEqual(plain.words.map(({ word }) => word));
    words.forEach(({ start }, i) => expectNear(start, plain.words[i]!.start + at));
  }

  function expectNear(seconds: number, players: number): void {
    expect(Math.abs(seconds - players)).toBeLessThanOrEqual(TOLERANCE);
  }

  it.each([
    ['a Matroska film', () => madeFile('mkv', ...PICTURE, '-itsoffset', '4', ...LETTER, '-c:a', 'aac')],
    ['an MP4 film', () => madeFile('mp4', ...PICTURE, '-itsoffset', '4', ...LETTER)],
  ])('at 4 s in %s, in words, segments and subtitles', async (_, make) => {
    const file = make();
    const { words, duration, segments } = await verbose(file);
    expectSentence(words, 4);
    expect(duration).toBeCloseTo(plain.duration + 4, 0);
    const [subtitle] = await subtitlesOf(file);
    expectNear(segments[0]!.start, 4);
    expectNear(subtitle!.start, 4);
    expectNear(subtitle!.end, words.at(-1)!.end);
  });

  it.each(['mkv', 'mp4'])('on both sides of a gap in a .%s', async (extension) => {
    const file = piecedFile(extension, { seconds: 4.4, nextAt: 12, input: LETTER });
    const { words, duration } = await verbose(file);
    const [before, after] = [words.filter(({ start }) => start < 8), words.filter(({ start }) => start > 8)];
    expect(after.map(({ word }) => word)).toEqual(before.map(({ word }) => word));
    after.forEach(({ start }, i) => expectNear(start, before[i]!.start + 12));
    expectNear(duration, 16.4);
    const subtitles = await subtitlesOf(file);
    expect(subtitles).toHaveLength(2);
    expectNear(subtitles[0]!.end, 4.4);
    expectNear(subtitles[1]!.start, 12);
    expectNear(subtitles[1]!.end, 16.4);
  });

  it('in the audio track that is marked as default, not in the first', async () => {
    const marks = ['-disposition:a:0', '0', '-disposition:a:1', 'default'];
    const maps = ['-map', '0:v', '-map', '1:a', '-map', '2:a'];
    for (const extension of ['mkv', 'mp4']) {
      const file = madeFile(extension, ...PICTURE, ...GOTHIC, ...LETTER, ...maps, ...marks);
      const { text, words } = await verbose(file);
      expect(wordsOf(text)).toEqual(expect.arrayContaining(['first', 'importance', 'letter']));
      expect(wordsOf(text)).not.toContain('gothic');
      expectNear(words[0]!.start, plain.words[0]!.start);
    }
  });

  it('in stereo of opposite phases, as a file and live', async () => {
    expectSentence((await verbose(madeFile('m4a', ...LETTER, ...TURNED))).words, 0);
    const raw = madeFile('raw', ...LETTER, ...TURNED, '-f', 's16le', '-ar', '16000');
    const client = await ListenClient.open(platform.gateway.url, { channels: '2', encoding: 'linear16' });
    await client.speak(raw, 8);
    client.control('CloseStream');
    expect((await client.closed).code).toBe(1000);
    expect(wordsOf(client.text)).toContain('letter');
  });

  it('behind 25 s of silence', async () => {
    const file = madeFile('wav', ...LETTER, '-af', 'adelay=25000:all=1');
    const { words, segments } = await verbose(file);
    expectSentence(words, 25);
    expectNear(segments[0]!.start, 25);
    const subtitles = await subtitlesOf(file);
    expectNear(subtitles[0]!.start, 25);
    expectNear(subtitles.at(-1)!.end, words.at(-1)!.end);
    const untimed = await verbose(file, ['segment']);
    expectNear(untimed.segments[0]!.start, 25);
  });

  it('on both sides of 15 s of silence, in two subtitles', async () => {
    const pause = '[0]apad=pad_dur=15[a];[a][1]concat=n=2:v=0:a=1';
    const file = madeFile('wav', ...LETTER, ...GOTHIC, '-filter_complex', pause, '-ar', '16000', '-ac', '1');
    const subtitles = await subtitlesOf(file);
    const [before, after, ...more] = subtitles;
    expect(more).toEqual([]);
    expect(wordsOf(before!.text)).toContain('letter');
    expect(wordsOf(after!.text)).toContain('gothic');
    expectNear(before!.start, 0);
    expectNear(before!.end, plain.duration);
    expectNear(after!.start, plain.duration + 15);
  });

  describe('streamed without an encoding', () => {
    /** Sends a file as a browser does: a piece every 250 ms, `speed` times as fast as it was spoken. */
    async function stream(client: ListenClient, file: Buffer, seconds: number, speed = 1): Promise<void> {
      const size = Math.ceil((file.length / seconds) * 0.25);
      for (let at = 0; at < file.length; at += size) {
        client.socket.send(file.subarray(at, at + size));
        await new Promise((resolve) => setTimeout(resolve, 250 / speed));
      }
    }
    const padded = ['-af', 'apad=pad_dur=2'];
    const kinds: Record<string, () => Buffer> = {
      'a WebM': () => madeFile('webm', ...LETTER, ...padded, '-c:a', 'libopus', '-cluster_time_limit', '250'),
      'an MP4 in fragments': () =>
        madeFile(
          'mp4',
          ...LETTER,
          ...padded,
          '-movflags',
          'empty_moov+frag_keyframe',
          '-frag_duration',
          '250000',
        ),
    };
    it.each(Object.entries(kinds))('%s gives its words while it comes', async (_, make) => {
      const client = await ListenClient.open(platform.gateway.url);
      await stream(client, make(), 6.5);
      expect(client.of('Results').length).toBeGreaterThan(0);
      client.control('CloseStream');
      expect((await client.closed).code).toBe(1000);
      expect(wordsOf(client.text)).toContain('letter');
      expect(client.of('Metadata').at(-1)?.duration).toBeCloseTo(6.5, 0);
    });

    it('a WebM becomes a turn in a conversation', async () => {
      const query = { converse: 'true', speak: 'false' };
      const client = await ListenClient.open(platform.gateway.url, query);
      await stream(client, kinds['a WebM']!(), 6.5, 2);
      const turn = await client.next('TurnTaken');
      const recording = await platform.gateway.fetch(`${new URL(turn.url, 'http://x').pathname}/recording`);
      expect(recording.status).toBe(200);
      expect((await recording.bytes()).subarray(0, 4)).toEqual(new TextEncoder().encode('fLaC'));
      client.socket.terminate();
      await client.closed;
    });

    it.each([
      ['opus', 'Ogg', () => madeFile('ogg', ...LETTER, '-c:a', 'libopus')],
      ['linear16', 'WebM', () => madeFile('webm', ...LETTER, '-c:a', 'libopus')],
      ['wav', 'MP3', () => madeFile('mp3', ...LETTER)],
    ] as const)('where %s is told, a file of %s is refused and named', async (encoding, found, make) => {
      const client = await ListenClient.open(platform.gateway.url, { encoding });
      await stream(client, make().subarray(0, 5_000), 1, 10);
      await client.closed;
      const { code, message } = client.of('Error')[0]!.error;
      expect(['audio.corrupt', 'audio.unsupported_format']).toContain(code);
      expect(message).toContain(found);
    });

    it('a file that cannot be decoded is audio.corrupt', async () => {
      const client = await ListenClient.open(platform.gateway.url);
      client.socket.send(Buffer.concat([Buffer.from('fLaC'), Buffer.alloc(40_000, 7)]));
      client.control('CloseStream');
      await expect(client.closed).resolves.toMatchObject({ code: 4422, reason: 'audio.corrupt' });
    });

    it('packets of Opus and raw samples go on as before', async () => {
      const packets = await ListenClient.open(platform.gateway.url, { encoding: 'opus' });
      for (const packet of opusPackets(READ_SPEECH.letter)) packets.socket.send(packet);
      packets.control('CloseStream');
      await packets.closed;
      expect(wordsOf(packets.text)).toContain('letter');
      const raw = await ListenClient.open(platform.gateway.url);
      await raw.speak(speechPcm(READ_SPEECH.letter), 8);
      await until(() => raw.of('Results').length > 0);
      raw.control('CloseStream');
      await raw.closed;
      expect(wordsOf(raw.text)).toContain('letter');
    });
  });
});
