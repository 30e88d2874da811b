export interface QuantisedMatrix {
  /** [rows, blocks, length], zero point 128; of 4 bits two to a byte, the first in the lower half, zero point 8 */
  readonly values: Uint8Array;
  /** [rows, blocks] */
  readonly scales: Float32Array;
  readonly blocks: number;
}

/** Block-wise symmetric 8- or 4-bit form of a [rows, columns] matrix, as MatMulNBits reads it.
 *  @param length values of a row that share a scale */
export function quantiseRows(
  matrix: Float32Array,
  rows: number,
  columns: number,
  bits: 4 | 8,
  length: number,
): QuantisedMatrix {
  const blocks = Math.ceil(columns / length);
  const zero = 2 ** (bits - 1);
  const values = new Uint8Array(rows * blocks * length).fill(zero);
  const scales = new Float32Array(rows * blocks);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const start = row * columns + block * length;
      const end = Math.min(start + length, (row + 1) * columns);
      const group = matrix.subarray(start, end);
      const scale = bits === 4 ? closestScale(group, zero) : largestOf(group) / (zero - 1);
      scales[row * blocks + block] = scale;
      if (scale === 0) continue;
      const target = (row * blocks + block) * length;
      for (let i = 0; i < group.length; i++) values[target + i] = codeOf(group[i]! / scale, zero) + zero;
    }
  }
  return { values: bits === 4 ? packPairs(values) : values, scales, blocks };
}

/** How far from the largest value the ends of 4 bits are looked for, as shares of it. */
const REACHES = Array.from({ length: 22 }, (_, i) => 1.15 - 0.025 * i);

/** The scale of either sign with the least squared error: cutting off one large value may make the others finer. The sign says whether
 *  the largest negative or the largest positive values get the code −zero. */
function closestScale(group: Float32Array, zero: number): number {
  const largest = largestOf(group);
  if (largest === 0) return 0;
  let [best, least] = [0, Infinity];
  for (const reach of REACHES)
    for (const scale of [(largest * reach) / zero, (largest * reach) / -zero]) {
      let error = 0;
      for (const value of group) error += (value - scale * codeOf(value / scale, zero)) ** 2;
      if (error < least) [best, least] = [scale, error];
    }
  return best;
}

function largestOf(group: Float32Array): number {
  let largest = 0;
  for (const value of group) largest = Math.max(largest, Math.abs(value));
  return largest;
}

/** The nearest code of −zero … zero − 1. */
function codeOf(value: number, zero: number): number {
  return Math.max(-zero, Math.min(zero - 1, Math.round(value)));
}

function packPairs(values: Uint8Array): Uint8Array {
  const packed = new Uint8Array(values.length / 2);
  for (let i = 0; i < packed.length; i++) packed[i] = values[2 * i]! | (values[2 * i + 1]! << 4);
  return packed;
}

/** Per-output symmetric 8-bit form of a [rows, columns] matrix, turned to [columns, rows], as MatMulIntegerToFloat reads it. Signed:
 *  processors multiply unsigned activations by signed weights, and the runtime takes twice as long over unsigned ones. */
export function quantiseColumns(
  matrix: Float32Array,
  rows: number,
  columns: number,
): { readonly values: Int8Array; readonly scales: Float32Array } {
  const values = new Int8Array(matrix.length);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const scale = largestOf(matrix.subarray(row * columns, (row + 1) * columns)) / 127 || 1;
    scales[row] = scale;
    for (let column = 0; column < columns; column++)
      values[column * rows + row] = Math.round(matrix[row * columns + column]! / scale);
  }
  return { values, scales };
}

/** @returns [columns, rows] of a [rows, columns] matrix. */
export function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(matrix.length);
  const tile = 64;
  for (let r0 = 0; r0 < rows; r0 += tile) {
    for (let c0 = 0; c0 < columns; c0 += tile) {
      for (let r = r0; r < Math.min(rows, r0 + tile); r++) {
        for (let c = c0; c < Math.min(columns, c0 + tile); c++)
          turned[c * rows + r] = matrix[r * columns + c]!;
      }
    }
  }
  return turned;
}

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
