/** Values of the 256 codes of G.711 as floats in −1…1. */
function tableOf(decode: (code: number) => number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, code) => decode(code) / 32768);
}

/** G.711 µ-law: bits are inverted; sign, three bits of exponent, four of mantissa. */
function decodeMulaw(code: number): number {
  const bits = ~code & 0xff;
  const magnitude = (((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4);
  return bits & 0x80 ? 0x84 - magnitude : magnitude - 0x84;
}

/** G.711 A-law: every other bit is inverted, and a set sign is positive. */
function decodeAlaw(code: number): number {
  const bits = code ^ 0x55;
  const exponent = (bits & 0x70) >> 4;
  const mantissa = ((bits & 0x0f) << 4) + (exponent === 0 ? 8 : 0x108);
  const magnitude = exponent > 1 ? mantissa << (exponent - 1) : mantissa;
  return bits & 0x80 ? magnitude : -magnitude;
}

/** The sample of each code. */
export const COMPANDED_SAMPLES = { mulaw: tableOf(decodeMulaw), alaw: tableOf(decodeAlaw) } as const;
