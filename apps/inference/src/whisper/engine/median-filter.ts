/**
 * Running median of 7 with reflected ends (openai/whisper, timing.py, median_filter).
 * Rows of three values and fewer come back as they are.
 */
export function medianFilter7(row: Float32Array): Float32Array {
  const n = row.length;
  if (n <= 3) return row.slice();
  const padded = new Float32Array(n + 6);
  padded.set(row, 3);
  for (let i = 0; i < 3; i++) {
    padded[i] = row[3 - i] as number;
    padded[n + 3 + i] = row[n - 2 - i] as number;
  }
  const filtered = new Float32Array(n);
  for (let i = 0; i < n; i++) filtered[i] = median7(padded, i);
  return filtered;
}

/** Keeps the four smallest in order and reads the fourth: seven insertions without allocation. */
function median7(values: Float32Array, at: number): number {
  let a = Infinity;
  let b = Infinity;
  let c = Infinity;
  let d = Infinity;
  for (let k = at; k < at + 7; k++) {
    const value = values[k] as number;
    if (value >= d) continue;
    if (value >= c) d = value;
    else {
      d = c;
      if (value >= b) c = value;
      else {
        c = b;
        if (value >= a) b = value;
        else {
          b = a;
          a = value;
        }
      }
    }
  }
  return d;
}
