import { wavHeader } from '@parlance/audio';
import { READ_SPEECH, speechPcm } from '../support/speech-samples.js';
import type { SeededRandom } from './seeded-random.js';

const TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  '\r\n',
  '\ud800',
  '\u202eabc',
  '👩‍👩‍👧‍👦',
  'null',
  'undefined',
  'true',
  'NaN',
  'Infinity',
  '-1',
  '0',
  '1',
  '0.5',
  '1e309',
  '-0',
  '0x10',
  '2147483648',
  '9007199254740993',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '../../../../etc/passwd',
  '%00',
  '%',
  '%E0%A4%A',
  '{"$gt":""}',
  '<speak>Hi</speak>',
  '<script>alert(1)</script>',
  "'; DROP TABLE turns; --",
  '${7*7}',
  'file:///etc/passwd',
  'http://127.0.0.1:1/',
  'en',
  'en,es',
  'whisper-1',
  'whisper-tiny.en',
  'alloy',
  'json',
  'verbose_json',
  'Hello there.',
  '你好，世界',
  '01ARZ3NDEKTSV4RRFFQ69G5FAV',
];

const NUMBERS: readonly number[] = [
  0,
  1,
  -1,
  0.5,
  -0.5,
  2,
  7,
  100,
  1e9,
  -1e9,
  2 ** 31 - 1,
  -(2 ** 31),
  1e308,
  NaN,
  Infinity,
  -Infinity,
];

export function hostileText(random: SeededRandom): string {
  if (random.chance(0.1))
    return random.pick(['a', '🎉', '\u0001', ' ', '[', '<a>']).repeat(random.int(1, 20_000));
  return random.pick(TEXTS);
}

export function hostileNumber(random: SeededRandom): number {
  return random.chance(0.7) ? random.pick(NUMBERS) : (random.next() - 0.5) * 10 ** random.int(0, 12);
}

/** A 32-bit whole number, as the wire has them. */
export function hostileInteger(random: SeededRandom): number {
  const number = hostileNumber(random);
  return Number.isFinite(number) ? Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(number))) : 0;
}

/** Anything that JSON can say. */
export function hostileJson(random: SeededRandom, depth = 0): unknown {
  if (depth < 3 && random.chance(0.3))
    return Array.from({ length: random.int(0, 5) }, () => hostileJson(random, depth + 1));
  if (depth < 3 && random.chance(0.3))
    return Object.fromEntries(
      Array.from({ length: random.int(0, 4) }, () => [hostileText(random), hostileJson(random, depth + 1)]),
    );
  return random.pick([
    () => hostileText(random),
    () => hostileNumber(random),
    () => random.chance(0.5),
    () => null,
  ])();
}

const RATE_HZ = 16_000;

let spoken: Buffer | undefined;

/** A second and a half of speech. */
function speechWav(): Buffer {
  if (spoken) return spoken;
  const samples = speechPcm(READ_SPEECH.letter).subarray(0, 3 * RATE_HZ);
  return (spoken = Buffer.concat([wavHeader(RATE_HZ, 1, samples.length), samples]));
}

/** A short WAV file, of faint noise for the most part; broken more often than not. */
export function hostileAudio(random: SeededRandom): Buffer {
  const samples = Buffer.alloc(2 * random.int(0, RATE_HZ / 4));
  for (let at = 0; at < samples.length; at += 2) samples.writeInt16LE(random.int(-40, 40), at);
  const wav = Buffer.concat([wavHeader(RATE_HZ, 1, samples.length), samples]);
  return random.pick([
    () => wav,
    speechWav,
    () => random.mutated(wav),
    () => random.mutated(wav.subarray(0, 64)),
    () => random.bytes(random.int(0, 4_096)),
    () => Buffer.alloc(0),
    () =>
      Buffer.concat([
        Buffer.from(random.pick(['RIFF', 'OggS', 'fLaC', 'ID3', '\x1aE\xdf\xa3'])),
        random.bytes(512),
      ]),
  ])();
}
