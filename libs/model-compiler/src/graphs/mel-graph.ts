import { melFilters } from '@parlance/audio';
import { GraphBuilder } from '../onnx/graph-builder.js';
import type { WeightIndex } from '../onnx/weight-file.js';

export const N_FFT = 400;
export const STFT_HOP = 160;
const BINS = N_FFT / 2 + 1;

/** samples [b, n] with n = 400 + 160·(T − 1) → log_mel [b, mels, T], log10 of the mel energies, unclamped above 1e-10.
 *  The Fourier transform is a convolution with windowed cosines and sines: 18 times faster here than an FFT in JavaScript. */
export function melGraph(weights: WeightIndex, mels: number): Uint8Array {
  const g = GraphBuilder.create('mel', weights);
  const samples = g.input('samples', 'float32', ['b', 'n']);
  const channel = g.op('Unsqueeze', [samples, g.ints([1])]);
  const spectrum = g.op('Conv', [channel, g.floats(fourierKernel(), [2 * BINS, 1, N_FFT])], {
    kernel_shape: [N_FFT],
    strides: [STFT_HOP],
  });
  const squares = g.op('Mul', [spectrum, spectrum]);
  const cosines = g.op('Slice', [squares, g.ints([0]), g.ints([BINS]), g.ints([1])]);
  const sines = g.op('Slice', [squares, g.ints([BINS]), g.ints([2 * BINS]), g.ints([1])]);
  const power = g.op('Add', [cosines, sines]);
  const energies = g.op('MatMul', [g.floats(melFilters(mels), [mels, BINS]), power]);
  const floored = g.op('Max', [energies, g.number(1e-10)]);
  g.op('Mul', [g.op('Log', [floored]), g.number(1 / Math.LN10)], {}, 'log_mel');
  g.output('log_mel', 'float32', ['b', mels, 'T']);
  return g.encode();
}

/** [2·201, 400]: cosines then sines, under a periodic Hann window. */
function fourierKernel(): Float32Array {
  const kernel = new Float32Array(2 * BINS * N_FFT);
  for (let bin = 0; bin < BINS; bin++) {
    for (let t = 0; t < N_FFT; t++) {
      const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / N_FFT);
      const phase = (2 * Math.PI * ((bin * t) % N_FFT)) / N_FFT;
      kernel[bin * N_FFT + t] = window * Math.cos(phase);
      kernel[(BINS + bin) * N_FFT + t] = -window * Math.sin(phase);
    }
  }
  return kernel;
}
