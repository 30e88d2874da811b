import { describe, expect, it } from '@jest/globals';
import { readSpeakQuery, readSpeakSocketQuery } from './speak-query.js';

const read = (query: string) => readSpeakQuery(new URLSearchParams(query));
const readSocket = (query: string) => readSpeakSocketQuery(new URLSearchParams(query));
const refusalOf = (query: string, by = read): unknown => {
  try {
    return by(query);
  } catch (error) {
    return error;
  }
};

describe('the query of POST /v1/speak', () => {
  it("has Deepgram's defaults", () => {
    expect(read('')).toMatchObject({
      model: 'aura-asteria-en',
      speed: 1,
      format: { encoding: 'mp3', container: 'none', sampleRateHz: 22_050, bitRate: 48_000 },
    });
  });

  it.each([
    ['encoding=linear16', 'wav', 24_000, undefined],
    ['encoding=linear16&container=none&sample_rate=16000', 'none', 16_000, undefined],
    ['encoding=mulaw', 'wav', 8_000, undefined],
    ['encoding=alaw&sample_rate=16000', 'wav', 16_000, undefined],
    ['encoding=mp3&bit_rate=32000', 'none', 22_050, 32_000],
    ['encoding=opus', 'ogg', 48_000, 12_000],
    ['encoding=opus&container=ogg&bit_rate=24000', 'ogg', 48_000, 24_000],
    ['encoding=flac', 'none', 48_000, undefined],
    ['encoding=flac&sample_rate=22050', 'none', 22_050, undefined],
    ['encoding=aac', 'none', 22_050, 48_000],
  ])('%s is a format that is known whole', (query, container, sampleRateHz, bitRate) => {
    expect(read(query).format).toMatchObject({ container, sampleRateHz, bitRate });
  });

  it.each([
    ['encoding=mp3&sample_rate=8000', /^sample_rate: must be 22050 with encoding=mp3$/],
    ['encoding=mp3&container=wav', /^container: is no option with encoding=mp3$/],
    ['encoding=opus&container=none', /^container: must be ogg with encoding=opus$/],
    ['encoding=linear16&bit_rate=48000', /^bit_rate: is no option with encoding=linear16$/],
    ['encoding=aac&bit_rate=1', /^bit_rate: must lie between 4000 and 192000 with encoding=aac$/],
    ['encoding=g729', /^encoding: /],
    ['speed=3', /^speed: /],
    ['model=aura-%0Aen', /^model: /],
    ['model=', /^model: /],
    ['callback=http://x', /^callback: is no option here$/],
    ['tag=x', /^tag: is no option here$/],
  ])('%s is refused by its name', (query, message) => {
    expect(refusalOf(query)).toMatchObject({
      code: 'request.invalid',
      message: expect.stringMatching(message),
    });
  });
});

describe('the query of the socket of /v1/speak', () => {
  it('asks for raw samples, by default of 24 kHz', () => {
    const raw = { container: 'none', bitRate: undefined };
    expect(readSocket('').format).toEqual({ encoding: 'linear16', sampleRateHz: 24_000, ...raw });
    expect(readSocket('encoding=mulaw&token=key').format).toEqual({
      encoding: 'mulaw',
      sampleRateHz: 8_000,
      ...raw,
    });
  });

  it.each(['encoding=mp3', 'container=wav', 'bit_rate=48000', 'sample_rate=11025'])(
    'refuses %s by its name',
    (query) => {
      const [name] = query.split('=');
      expect(refusalOf(query, readSocket)).toMatchObject({
        message: expect.stringMatching(`^${name}: `),
      });
    },
  );
});
