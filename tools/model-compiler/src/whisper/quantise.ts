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
      let largest = 0;
      for (let i = start; i < end; i++) if (Math.abs(matrix[i]!) > Math.abs(largest)) largest = matrix[i]!;
      // With 4 bits the code −8 is worth having: the largest value gets it, whatever its sign.
      const scale = bits === 4 ? largest / -zero : Math.abs(largest) / (zero - 1);
      scales[row * blocks + block] = scale;
      if (scale === 0) continue;
      const target = (row * blocks + block) * length - start;
      for (let i = start; i < end; i++)
        values[target + i] = Math.min(2 * zero - 1, Math.round(matrix[i]! / scale) + zero);
    }
  }
  return { values: bits === 4 ? packPairs(values) : values, scales, blocks };
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
    let largest = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++)
      largest = Math.max(largest, Math.abs(matrix[i]!));
    const scale = largest / 127 || 1;
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
