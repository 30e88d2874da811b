import { A_LAW, floatToInt16, g711Codes, int16ToFloat, MU_LAW, Resampler } from '@parlance/audio';
import { REALTIME_G711_RATE_HZ } from '@parlance/contracts';
import { REPLY_RATE_HZ } from '../../media/reply-pcm.js';
import { audioMs, type FormatName } from './realtime-settings.js';

/** Of one delta: short enough that a reply that is cut stops at once. */
const DELTA_MS = 200;

/** A spoken sentence in a client's format. @param pcm  24 kHz mono s16le */
export function encodedReply(pcm: Buffer, format: FormatName): Buffer {
  if (format === 'audio/pcm') return pcm;
  const law = format === 'audio/pcmu' ? MU_LAW : A_LAW;
  const resampler = new Resampler(REPLY_RATE_HZ, REALTIME_G711_RATE_HZ);
  const parts = [resampler.push(int16ToFloat(samplesOf(pcm))), resampler.end()];
  return Buffer.concat(parts.map((part) => g711Codes(floatToInt16(part), law)));
}

/** Audio in portions of a delta. */
export function* deltasOf(audio: Buffer, format: FormatName): Generator<Buffer> {
  const bytes = Math.round(DELTA_MS / audioMs({ format }, 1));
  for (let at = 0; at < audio.length; at += bytes) yield audio.subarray(at, at + bytes);
}

function samplesOf(pcm: Buffer): Int16Array {
  // A view needs its bytes at an even place.
  const bytes = pcm.byteOffset % 2 === 0 ? pcm : Buffer.from(pcm);
  return new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 2));
}
