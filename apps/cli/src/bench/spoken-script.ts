import { AppError } from '@parlance/errors';
import { BYTES_PER_MS } from '../audio/recording.js';

/** One utterance, 16 kHz mono 16-bit samples, from its first sound to its last. */
export interface SpokenUtterance {
  readonly pcm: Buffer;
}

const WINDOW_MS = 10;
const WINDOW_BYTES = WINDOW_MS * BYTES_PER_MS;
/** Quieter than the loud parts by this much is no speech. */
const SPEECH_RANGE_DB = 35;
/** Silence that parts two utterances of a recording. */
const PAUSE_MS = 400;
const MIN_UTTERANCE_MS = 1_000;
const MAX_UTTERANCE_MS = 20_000;

/** Cuts a recording at its pauses. @throws AppError audio.empty where there is no speech of a second in it */
export function utterancesIn(pcm: Buffer): SpokenUtterance[] {
  const isLoud = loudWindows(pcm);
  const utterances: SpokenUtterance[] = [];
  let [first, last] = [-1, -1];
  const close = (): void => {
    const length = (last + 1 - first) * WINDOW_MS;
    if (first >= 0 && length >= MIN_UTTERANCE_MS)
      utterances.push({ pcm: pcm.subarray(first * WINDOW_BYTES, (last + 1) * WINDOW_BYTES) });
    first = -1;
  };
  isLoud.forEach((loud, i) => {
    if (!loud) return;
    const isApart = first >= 0 && (i - last) * WINDOW_MS > PAUSE_MS;
    if (isApart || (first >= 0 && (i - first) * WINDOW_MS >= MAX_UTTERANCE_MS)) close();
    if (first < 0) first = i;
    last = i;
  });
  close();
  if (utterances.length === 0)
    throw new AppError('audio.empty', 'There is no speech of a second or longer in this recording.');
  return utterances;
}

/** The recording without what is before its first and behind its last sound.
 *  @param rangeDb  quieter than the loud parts by this much is none */
export function trimmed(pcm: Buffer, rangeDb = SPEECH_RANGE_DB): Buffer {
  const isLoud = loudWindows(pcm, rangeDb);
  const [first, last] = [isLoud.indexOf(true), isLoud.lastIndexOf(true)];
  return first < 0 ? pcm : pcm.subarray(first * WINDOW_BYTES, (last + 1) * WINDOW_BYTES);
}

/** Windows of 10 ms whose level is within a range below the recording's loud parts (its 95th percentile). */
function loudWindows(pcm: Buffer, rangeDb = SPEECH_RANGE_DB): boolean[] {
  const levels: number[] = [];
  for (let at = 0; at + WINDOW_BYTES <= pcm.length; at += WINDOW_BYTES) {
    let energy = 0;
    for (let i = 0; i < WINDOW_BYTES; i += 2) energy += pcm.readInt16LE(at + i) ** 2;
    levels.push(10 * Math.log10(energy / (WINDOW_BYTES / 2) + 1));
  }
  const loud = [...levels].sort((a, b) => a - b)[Math.floor(levels.length * 0.95)] ?? 0;
  return levels.map((level) => level > Math.max(loud - rangeDb, 10));
}
