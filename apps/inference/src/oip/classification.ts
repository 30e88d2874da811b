import { AppError } from '@parlance/errors';
import type { TensorValue } from '@parlance/onnx';
import { datatypeNameOf } from './tensor-codec.js';

/**
 * The most likely classes of an output, as Triton's clients read them: texts `value:index`, the greatest value first.
 * @param isBatched  whether the first dimension is the batch: then each of its rows has classes of its own
 * @throws AppError request.invalid for an output whose elements have no order
 */
export function classesOf(
  name: string,
  value: TensorValue,
  { count, isBatched }: { readonly count: number; readonly isBatched: boolean },
): TensorValue {
  const { data, dims, type } = value;
  if (Array.isArray(data) || type === 'bool')
    throw new AppError(
      'request.invalid',
      `outputs: '${name}' is of the datatype ${datatypeNameOf(value)}, which has no classes.`,
    );
  const rows = isBatched ? (dims[0] ?? 1) : 1;
  const width = rows === 0 ? 0 : data.length / rows;
  const most = Math.min(count, width);
  const isFloat = type === 'float32' || type === 'float64';
  const texts = Array.from({ length: rows }, (_, row) => {
    const elements = Array.from(data.subarray(row * width, (row + 1) * width) as ArrayLike<number | bigint>);
    return topOf(elements, most).map(
      (index) => `${isFloat ? Number(elements[index]).toFixed(6) : elements[index]}:${index}`,
    );
  });
  return { type: 'string', dims: isBatched ? [rows, most] : [most], data: texts.flat() };
}

/** Indices of the greatest elements; of equal ones the first comes first. */
function topOf(elements: readonly (number | bigint)[], most: number): number[] {
  const order = elements.map((_, index) => index);
  order.sort((a, b) => {
    const [left, right] = [elements[a]!, elements[b]!];
    return left === right ? a - b : left < right ? 1 : -1;
  });
  return order.slice(0, most);
}
