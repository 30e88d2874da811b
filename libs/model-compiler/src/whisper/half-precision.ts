/** IEEE 754 half precision of each number, rounded to the nearest (to even between two), as bits. Beyond the range: infinity. */
export function narrowFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, halfOf);
}

function halfOf(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const magnitude = single & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 halves are multiples of 2^-24.
  if (magnitude < 0x38800000) return sign | roundToEven(magnitude, 126 - (magnitude >>> 23));
  const rebiased = magnitude - 0x38000000;
  return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
}

/** The subnormal half of a single's magnitude: its 24-bit significand shifted right. */
function roundToEven(magnitude: number, shift: number): number {
  if (shift > 24) return 0;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const half = 2 ** (shift - 1);
  const whole = significand >>> shift;
  const rest = significand - whole * 2 ** shift;
  return rest > half || (rest === half && (whole & 1) === 1) ? whole + 1 : whole;
}
