import { Tensor, type Feeds } from '@parlance/onnx/model';

/** Caches and audio are in half precision where a model is compiled for CUDA. */
export type FloatType = 'float32' | 'float16';

/** Zeros. What holds half precision is named a Float32Array too: it is only ever moved about. */
export function zeros(length: number, type: FloatType = 'float32'): Float32Array {
  return type === 'float32'
    ? new Float32Array(length)
    : (new Float16Array(length) as unknown as Float32Array);
}

export function floats(data: Float32Array, dims: readonly number[], type: FloatType = 'float32'): Tensor {
  return new Tensor(type as 'float32', data, dims);
}

export function floatTypeOf(tensor: Tensor): FloatType {
  return tensor.type === 'float16' ? 'float16' : 'float32';
}

export function integers(values: readonly number[], dims: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

/**
 * Gives memory that nobody reads again back at once; the arrays are empty afterwards. The garbage collector would let tens of
 * megabytes of it gather, and the allocator keep the peak.
 */
export function free(...arrays: readonly Float32Array[]): void {
  for (const { buffer } of arrays as readonly Float32Array<ArrayBuffer>[])
    if (!buffer.detached) buffer.transfer(0);
}

export function freeAll(tensors: Feeds): void {
  free(...Object.values(tensors).map(floatsOf));
}

export function boolTensor(value: boolean): Tensor {
  return new Tensor('bool', Uint8Array.of(value ? 1 : 0), []);
}

/** The tensors of `from` whose names begin so, e.g. the cross-attention cache on its way from graph to graph. */
export function pick(from: Feeds, ...prefixes: readonly string[]): Feeds {
  return Object.fromEntries(
    Object.entries(from).filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix))),
  );
}

/** A run's `next_*` outputs are the inputs of the one that continues it. */
export function continued(output: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(pick(output, 'next_')).map(([name, tensor]) => [name.slice('next_'.length), tensor]),
  );
}

export function floatsOf(tensor: Tensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}

export function bigintsOf(tensor: Tensor | undefined): BigInt64Array {
  return tensor?.data as BigInt64Array;
}

/** The probability of one class among all. */
export function softmaxAt(logits: Float32Array, index: number): number {
  let highest = -Infinity;
  for (let i = 0; i < logits.length; i++) if ((logits[i] as number) > highest) highest = logits[i] as number;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] as number) - highest);
  return Math.exp((logits[index] as number) - highest) / sum;
}
