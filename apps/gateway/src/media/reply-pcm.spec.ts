import { describe, expect, it } from '@jest/globals';
import { writeWav } from '@parlance/audio';
import { madeFile } from '../../../../test/support/media-files.js';
import { replyPcm } from './reply-pcm.js';

const TONE = ['-f', 'lavfi', '-i', 'sine=frequency=300:sample_rate=24000:duration=0.5'];
const never = new AbortController().signal;
const HALF_SECOND_BYTES = 24_000;

describe('a spoken sentence', () => {
  it.each(['mp3', 'ogg', 'flac'])('is decoded from %s to 24 kHz mono', async (format) => {
    const pcm = await replyPcm('ffmpeg', madeFile(format, ...TONE), never);
    // Encoders of MP3 pad.
    expect(Math.abs(pcm.length - HALF_SECOND_BYTES)).toBeLessThan(0.15 * HALF_SECOND_BYTES);
    expect(pcm.length % 2).toBe(0);
  });

  it('that is 24 kHz WAV needs no decoder; another one is converted', async () => {
    const samples = new Int16Array(100).fill(7);
    const same = await replyPcm('no-such-program', writeWav(samples, 24_000), never);
    expect(same.equals(Buffer.from(samples.buffer))).toBe(true);
    const converted = await replyPcm('ffmpeg', writeWav(new Int16Array(8_000), 16_000), never);
    expect(converted.length).toBe(HALF_SECOND_BYTES);
  });

  it('that is damaged, or cannot be decoded here, is refused by its code', async () => {
    await expect(replyPcm('ffmpeg', Buffer.from('no audio at all'), never)).rejects.toMatchObject({
      code: 'audio.corrupt',
    });
    await expect(replyPcm('no-such-program', madeFile('mp3', ...TONE), never)).rejects.toMatchObject({
      code: 'upstream.unavailable',
    });
  });

  it('is not decoded for a client that has left', async () => {
    await expect(replyPcm('ffmpeg', madeFile('mp3', ...TONE), AbortSignal.abort())).rejects.toMatchObject({
      code: 'request.cancelled',
    });
  });
});
