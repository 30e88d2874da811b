import { describe, expect, it } from '@jest/globals';
import { VOICE_LIMITS, type AudioMetadata } from '@parlance/contracts';
import { AudioFormat, audioBytes, spokenText } from './audio-format.js';

const WEBM = Buffer.from('1a45dfa39f4286810142f7810142f2810442f381', 'hex');
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as { code: unknown }).code;
  }
};
const announced = (metadata?: AudioMetadata): AudioFormat => {
  const format = new AudioFormat();
  format.announce(metadata);
  return format;
};

describe('the format of a recording', () => {
  it('is told by its first bytes, and what is no sound file has to be announced', () => {
    expect(codeOf(() => announced().check(WEBM))).toBeUndefined();
    const sliced = announced({ mimeType: 'audio/webm;codecs=opus' });
    sliced.check(WEBM.subarray(0, 2));
    expect(codeOf(() => sliced.check(WEBM.subarray(2)))).toBeUndefined();
    for (const bytes of [Buffer.from('<!doctype html>'), Buffer.alloc(64, 7), Buffer.from('PK\u0003\u0004')])
      expect(codeOf(() => announced().check(bytes))).toBe('audio.unsupported_format');
  });

  it('is raw where it is announced so, by its encoding or its type', () => {
    expect(announced({ encoding: 'float32', sampleRate: 48_000, channels: 2 })).toMatchObject({
      encoding: 'float32',
      sample_rate: 48_000,
      channels: 2,
    });
    const raw = announced({ mimeType: 'audio/L16;rate=16000' });
    expect(raw.encoding).toBe('linear16');
    expect(codeOf(() => raw.check(Buffer.alloc(64, 7)))).toBeUndefined();
  });

  it.each(['audio/midi', 'image/png', 'text/html'])('is refused where it is announced as %s', (mimeType) => {
    expect(codeOf(() => announced({ mimeType }))).toBe('audio.unsupported_format');
  });
});

describe('audio in an event', () => {
  it('is binary, base64 or a data URL', () => {
    const bytes = Buffer.from('some sound');
    for (const audio of [
      new Uint8Array(bytes),
      bytes.toString('base64'),
      `data:audio/webm;codecs=opus;base64,${bytes.toString('base64')}`,
    ])
      expect(audioBytes(audio, 'audioChunk', 100)).toEqual(bytes);
    expect(codeOf(() => audioBytes('no base64!', 'audioChunk', 100))).toBe('audio.corrupt');
  });

  it('is refused where it is huge, before it is decoded', () => {
    const { chunkBytes } = VOICE_LIMITS;
    expect(codeOf(() => audioBytes(new Uint8Array(chunkBytes + 1), 'audioChunk', chunkBytes))).toBe(
      'request.too_large',
    );
    expect(codeOf(() => audioBytes('A'.repeat(2 * chunkBytes), 'audioChunk', chunkBytes))).toBe(
      'request.too_large',
    );
  });
});

describe('text in an event', () => {
  it('has 8000 bytes at most, and something in it', () => {
    expect(spokenText('  hello ')).toBe('hello');
    expect(codeOf(() => spokenText('a'.repeat(100_000)))).toBe('request.too_large');
    expect(codeOf(() => spokenText('é'.repeat(4_001)))).toBe('request.too_large');
    expect(codeOf(() => spokenText(' \n'))).toBe('request.invalid');
  });
});
