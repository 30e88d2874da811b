import { describe, expect, it } from '@jest/globals';
import { SPEAK_ENCODINGS, speakQuerySchema, type SpeakFormat } from '@parlance/contracts';
import { isAsSpoken, speakArguments, speakContentType } from './speech-format.js';

const formatOf = (query: object): SpeakFormat => speakQuerySchema.parse(query).format;

describe("speech in a format of Deepgram's", () => {
  it.each([
    [{}, 'audio/mpeg'],
    [{ encoding: 'linear16' }, 'audio/wav'],
    [{ encoding: 'linear16', container: 'none' }, 'audio/l16;rate=24000;channels=1'],
    [{ encoding: 'mulaw', container: 'none' }, 'audio/mulaw;rate=8000;channels=1'],
    [{ encoding: 'alaw', container: 'none', sample_rate: '16000' }, 'audio/alaw;rate=16000;channels=1'],
    [{ encoding: 'opus' }, 'audio/ogg;codecs=opus'],
    [{ encoding: 'flac' }, 'audio/flac'],
    [{ encoding: 'aac' }, 'audio/aac'],
  ])('asked for by %j is %s', (query, type) => {
    expect(speakContentType(formatOf(query))).toBe(type);
  });

  it('is as it was spoken where raw samples of the same rate are asked for', () => {
    expect(isAsSpoken(formatOf({ encoding: 'linear16', container: 'none' }), 24_000)).toBe(true);
    expect(isAsSpoken(formatOf({ encoding: 'linear16' }), 24_000)).toBe(false);
    expect(isAsSpoken(formatOf({ encoding: 'linear16', container: 'none' }), 22_050)).toBe(false);
    expect(isAsSpoken(formatOf({ encoding: 'mulaw', container: 'none' }), 8_000)).toBe(false);
  });

  it.each(Object.keys(SPEAK_ENCODINGS))('is encoded as %s from the samples of the voice', (encoding) => {
    const format = formatOf({ encoding });
    const args = speakArguments(format, 24_000).join(' ');
    expect(args).toContain('-f s16le -ar 24000 -ac 1 -i pipe:0');
    expect(args).toContain(`-ar ${format.sampleRateHz}`);
    expect(args.includes('-b:a')).toBe(format.bitRate !== undefined);
  });
});
