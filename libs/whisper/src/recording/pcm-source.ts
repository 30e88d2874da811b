import { SAMPLE_RATE_HZ } from '../frames.js';
import type { Pcm, PcmSource } from '../recognition.types.js';

/** A recording that comes whole is still worked on in pieces of so many samples. */
const PIECE = 10 * SAMPLE_RATE_HZ;

export async function* piecesOf(source: PcmSource): AsyncGenerator<Pcm> {
  if (source instanceof Int16Array || source instanceof Float32Array) {
    for (let at = 0; at < source.length; at += PIECE) yield source.subarray(at, at + PIECE);
  } else {
    yield* source;
  }
}

/** @returns samples in −1…1 */
export function toFloats(samples: Pcm): Float32Array {
  return samples instanceof Float32Array ? samples : Float32Array.from(samples, (value) => value / 32768);
}
