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

/** @param sampleOf  the 16-bit sample of a code */
function tableOf(sampleOf: (code: number) => number): Float32Array {
  return Float32Array.from({ length: CODES }, (_, code) => sampleOf(code) / 32_768);
}
