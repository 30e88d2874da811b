const CODES = 256;

/** What is added to a magnitude before it is written in µ-law, 16-bit scale. */
const MU_BIAS = 0x84;
/** A-law inverts every other bit on the line. */
const A_TOGGLED = 0x55;

/** The samples of G.711's codes as floats in −1…1, µ-law: ITU-T G.711, table 2. */
export const MU_LAW = tableOf((code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + MU_BIAS) << ((bits & 0x70) >> 4)) - MU_BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
});

/** As `MU_LAW`, A-law: ITU-T G.711, table 1. */
export const A_LAW = tableOf((code) => {
  const bits = code ^ A_TOGGLED;
  const exponent = (bits & 0x70) >> 4;
  const mantissa = ((bits & 0x0f) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1);
  return bits & 0x80 ? magnitude : -magnitude;
});

/** The codes that come next to 16-bit samples, by the laws' names. */
const nearest = new Map<Float32Array, Uint8Array>();

/** Samples as G.711's codes, each the one whose sample lies next. @param law  `MU_LAW` or `A_LAW` */
export function g711Codes(samples: Int16Array, law: Float32Array): Buffer {
  const codes = nearest.get(law) ?? nearestCodes(law);
  nearest.set(law, codes);
  return Buffer.from(Uint8Array.from(samples, (sample) => codes[sample + 32_768]!));
}

/** The next code of every 16-bit sample: between two neighbours the middle parts them. */
function nearestCodes(law: Float32Array): Uint8Array {
  const levels = [...law.entries()].sort(([, one], [, other]) => one - other);
  const codes = new Uint8Array(65_536);
  let at = 0;
  for (let sample = -32_768; sample <= 32_767; sample += 1) {
    const level = sample / 32_768;
    while (at + 1 < levels.length && levels[at + 1]![1] - level <= level - levels[at]![1]) at += 1;
    codes[sample + 32_768] = levels[at]![0];
  }
  return codes;
}

/** @param sampleOf  the 16-bit sample of a code */
function tableOf(sampleOf: (code: number) => number): Float32Array {
  return Float32Array.from({ length: CODES }, (_, code) => sampleOf(code) / 32_768);
}
