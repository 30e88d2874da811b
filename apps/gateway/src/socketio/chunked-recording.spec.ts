import { describe, expect, it } from '@jest/globals';
import { ChunkedRecording, type NumberedChunk } from './chunked-recording.js';

const RAW = { encoding: 'linear16' } as const;

function recording() {
  const pushed: string[] = [];
  const chunked = new ChunkedRecording({ push: async (bytes) => void pushed.push(bytes.toString()) });
  const push = (index: number, parts: Partial<NumberedChunk> = {}) =>
    chunked.push({ index, bytes: Buffer.from(`c${index}`), isLast: false, metadata: RAW, ...parts });
  return { chunked, push, pushed };
}

describe('a recording in chunks', () => {
  it('is passed in order, repeated chunks once', async () => {
    const { chunked, push, pushed } = recording();
    expect(await push(0)).toEqual([]);
    expect(await push(2)).toEqual([]);
    expect(await push(0)).toBeUndefined();
    expect(await push(2)).toBeUndefined();
    expect(await push(1)).toEqual([]);
    expect(pushed).toEqual(['c0', 'c1', 'c2']);
    expect(chunked.chunks).toBe(3);
  });

  it('is whole when the last chunk and all before it have come, also where the last is empty', async () => {
    const { chunked, push } = recording();
    await push(0);
    await push(2, { isLast: true, bytes: Buffer.alloc(0) });
    expect(chunked.isWhole).toBe(false);
    await push(1);
    expect(chunked.isWhole).toBe(true);
    expect(chunked.chunks).toBe(2);
  });

  it('is whole behind a gap that is not waited for', async () => {
    const { chunked, push } = recording();
    await push(0);
    await push(2, { isLast: true });
    expect(await chunked.skipGap()).toEqual([1]);
    expect(chunked.isWhole).toBe(true);
  });

  it('goes on behind an empty chunk, which is refused', async () => {
    const { push, pushed } = recording();
    await push(0);
    await expect(push(1, { bytes: Buffer.alloc(0) })).rejects.toMatchObject({ code: 'audio.empty' });
    await push(2);
    expect(pushed).toEqual(['c0', 'c2']);
  });

  it('takes what the audio is from its first chunk only', async () => {
    const { chunked, push } = recording();
    await push(0, { metadata: { encoding: 'linear16', sampleRate: 48_000 } });
    await push(1, { metadata: { mimeType: 'image/png' } });
    expect(chunked.format).toMatchObject({ encoding: 'linear16', sample_rate: 48_000 });
    const other = recording();
    await expect(other.push(0, { metadata: undefined })).rejects.toMatchObject({
      code: 'audio.unsupported_format',
    });
  });
});
