/** A monotonic path through a cost matrix, as row and column of every step. */
export interface WarpingPath {
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

const DIAGONAL = 0;
const UP = 1;
const LEFT = 2;

/**
 * Dynamic time warping (openai/whisper, timing.py, dtw_cpu). Ties and single precision are resolved as there, since they
 * decide word times.
 * @param cost row-major [rows, columns]
 */
export function dynamicTimeWarping(
  cost: Float32Array | Float64Array,
  rows: number,
  columns: number,
): WarpingPath {
  const width = columns + 1;
  const steps = new Uint8Array((rows + 1) * width);
  let above = new Float32Array(width).fill(Infinity);
  let current = new Float32Array(width);
  above[0] = 0;
  for (let i = 1; i <= rows; i++) {
    current[0] = Infinity;
    for (let j = 1; j <= columns; j++) {
      const diagonal = above[j - 1] as number;
      const up = above[j] as number;
      const left = current[j - 1] as number;
      let best = left;
      let step = LEFT;
      if (diagonal < up && diagonal < left) {
        best = diagonal;
        step = DIAGONAL;
      } else if (up < diagonal && up < left) {
        best = up;
        step = UP;
      }
      current[j] = (cost[(i - 1) * columns + j - 1] as number) + best;
      steps[i * width + j] = step;
    }
    [above, current] = [current, above];
  }
  return backtrace(steps, rows, columns);
}

function backtrace(steps: Uint8Array, rows: number, columns: number): WarpingPath {
  const pathRows: number[] = [];
  const pathColumns: number[] = [];
  let i = rows;
  let j = columns;
  while (i > 0 || j > 0) {
    pathRows.push(i - 1);
    pathColumns.push(j - 1);
    const step = i === 0 ? LEFT : j === 0 ? UP : steps[i * (columns + 1) + j];
    if (step !== LEFT) i--;
    if (step !== UP) j--;
  }
  return { rows: Int32Array.from(pathRows.reverse()), columns: Int32Array.from(pathColumns.reverse()) };
}
