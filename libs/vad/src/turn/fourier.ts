/** Length of Whisper's short-time transform, samples: 4 · 4 · 5 · 5. */
export const FOURIER_LENGTH = 400;

/** Of the steps: each joins so many transforms to one that is so many times longer. */
const FACTORS = [4, 4, 5, 5] as const;

/** cos and −sin of 2π·k/400. */
const COSINES = circle(Math.cos);
const SINES = circle((angle) => -Math.sin(angle));

/** Where each value begins: its digits in the mixed radix, reversed. */
const ORDER = Uint16Array.from({ length: FOURIER_LENGTH }, (_, i) => {
  let [rest, weight, from] = [i, FOURIER_LENGTH, 0];
  for (const factor of FACTORS) {
    weight /= factor;
    from += (rest % factor) * weight;
    rest = Math.floor(rest / factor);
  }
  return from;
});

/** Of a fifth of a circle and of two. */
const [C1, C2] = [COSINES[80]!, COSINES[160]!];
const [S1, S2] = [SINES[80]!, SINES[160]!];

function circle(of: (angle: number) => number): Float64Array {
  return Float64Array.from({ length: FOURIER_LENGTH }, (_, k) => of((2 * Math.PI * k) / FOURIER_LENGTH));
}

/** Complex Fourier transform of 400 values by mixed radix, decimation in time (Cooley and Tukey, 1965). The arrays are its own and
 *  are used again by the next call. */
export class Fourier {
  readonly real = new Float64Array(FOURIER_LENGTH);
  readonly imaginary = new Float64Array(FOURIER_LENGTH);
  /** The values of one butterfly, turned. */
  private readonly re = new Float64Array(5);
  private readonly im = new Float64Array(5);

  /** @param re,im  400 values each; the result is in `real` and `imaginary` */
  transform(re: Float64Array, im: Float64Array): void {
    for (let i = 0; i < FOURIER_LENGTH; i++) {
      this.real[i] = re[ORDER[i]!]!;
      this.imaginary[i] = im[ORDER[i]!]!;
    }
    let size = 1;
    for (const factor of FACTORS) {
      const turn = FOURIER_LENGTH / (size * factor);
      for (let base = 0; base < FOURIER_LENGTH; base += size * factor)
        for (let k = 0; k < size; k++) {
          this.gather(base + k, size, factor, k * turn);
          if (factor === 4) this.joinFour(base + k, size);
          else this.joinFive(base + k, size);
        }
      size *= factor;
    }
  }

  /** Value i of the butterfly, turned by `i · angle` 400ths of a circle. */
  private gather(at: number, step: number, factor: number, angle: number): void {
    const { real, imaginary, re, im } = this;
    re[0] = real[at]!;
    im[0] = imaginary[at]!;
    for (let i = 1; i < factor; i++) {
      const [x, y] = [real[at + i * step]!, imaginary[at + i * step]!];
      const cos = COSINES[i * angle]!;
      const sin = SINES[i * angle]!;
      re[i] = x * cos - y * sin;
      im[i] = x * sin + y * cos;
    }
  }

  private joinFour(at: number, step: number): void {
    const { real, imaginary, re, im } = this;
    const sumRe = re[0]! + re[2]!;
    const sumIm = im[0]! + im[2]!;
    const differenceRe = re[0]! - re[2]!;
    const differenceIm = im[0]! - im[2]!;
    const oddRe = re[1]! + re[3]!;
    const oddIm = im[1]! + im[3]!;
    const turnedRe = im[1]! - im[3]!;
    const turnedIm = re[3]! - re[1]!;
    real[at] = sumRe + oddRe;
    imaginary[at] = sumIm + oddIm;
    real[at + step] = differenceRe + turnedRe;
    imaginary[at + step] = differenceIm + turnedIm;
    real[at + 2 * step] = sumRe - oddRe;
    imaginary[at + 2 * step] = sumIm - oddIm;
    real[at + 3 * step] = differenceRe - turnedRe;
    imaginary[at + 3 * step] = differenceIm - turnedIm;
  }

  private joinFive(at: number, step: number): void {
    const { real, imaginary, re, im } = this;
    const outerRe = re[1]! + re[4]!;
    const outerIm = im[1]! + im[4]!;
    const innerRe = re[2]! + re[3]!;
    const innerIm = im[2]! + im[3]!;
    const outerTurnedRe = im[1]! - im[4]!;
    const outerTurnedIm = re[1]! - re[4]!;
    const innerTurnedRe = im[2]! - im[3]!;
    const innerTurnedIm = re[2]! - re[3]!;
    real[at] = re[0]! + outerRe + innerRe;
    imaginary[at] = im[0]! + outerIm + innerIm;
    const firstRe = re[0]! + C1 * outerRe + C2 * innerRe;
    const firstIm = im[0]! + C1 * outerIm + C2 * innerIm;
    const firstTurnRe = -(S1 * outerTurnedRe + S2 * innerTurnedRe);
    const firstTurnIm = S1 * outerTurnedIm + S2 * innerTurnedIm;
    real[at + step] = firstRe + firstTurnRe;
    imaginary[at + step] = firstIm + firstTurnIm;
    real[at + 4 * step] = firstRe - firstTurnRe;
    imaginary[at + 4 * step] = firstIm - firstTurnIm;
    const secondRe = re[0]! + C2 * outerRe + C1 * innerRe;
    const secondIm = im[0]! + C2 * outerIm + C1 * innerIm;
    const secondTurnRe = -(S2 * outerTurnedRe - S1 * innerTurnedRe);
    const secondTurnIm = S2 * outerTurnedIm - S1 * innerTurnedIm;
    real[at + 2 * step] = secondRe + secondTurnRe;
    imaginary[at + 2 * step] = secondIm + secondTurnIm;
    real[at + 3 * step] = secondRe - secondTurnRe;
    imaginary[at + 3 * step] = secondIm - secondTurnIm;
  }
}
