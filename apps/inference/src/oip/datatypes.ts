import { AppError } from '@parlance/errors';
import type { TensorData, TensorType } from '@parlance/onnx';

type NumericArray = Exclude<TensorData, string[]>;
interface NumericArrayType {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer, byteOffset: number, length: number): NumericArray;
}

/** Fields of InferTensorContents. */
export type ContentsField =
  | 'boolContents'
  | 'intContents'
  | 'int64Contents'
  | 'uintContents'
  | 'uint64Contents'
  | 'fp32Contents'
  | 'fp64Contents'
  | 'bytesContents';

export interface Datatype {
  readonly name: string;
  readonly type: TensorType;
  readonly field: ContentsField;
  /** Undefined for strings, whose raw form is length-prefixed. */
  readonly array: NumericArrayType | undefined;
}

/** Tensor datatypes of the Open Inference Protocol beside ONNX Runtime's; FP16 and BF16 have no array here. */
const DATATYPES: readonly Datatype[] = [
  { name: 'BOOL', type: 'bool', field: 'boolContents', array: Uint8Array },
  { name: 'INT8', type: 'int8', field: 'intContents', array: Int8Array },
  { name: 'INT16', type: 'int16', field: 'intContents', array: Int16Array },
  { name: 'INT32', type: 'int32', field: 'intContents', array: Int32Array },
  { name: 'INT64', type: 'int64', field: 'int64Contents', array: BigInt64Array },
  { name: 'UINT8', type: 'uint8', field: 'uintContents', array: Uint8Array },
  { name: 'UINT16', type: 'uint16', field: 'uintContents', array: Uint16Array },
  { name: 'UINT32', type: 'uint32', field: 'uintContents', array: Uint32Array },
  { name: 'UINT64', type: 'uint64', field: 'uint64Contents', array: BigUint64Array },
  { name: 'FP32', type: 'float32', field: 'fp32Contents', array: Float32Array },
  { name: 'FP64', type: 'float64', field: 'fp64Contents', array: Float64Array },
  { name: 'BYTES', type: 'string', field: 'bytesContents', array: undefined },
];

/** @throws AppError request.invalid */
export function datatypeNamed(name: string): Datatype {
  const found = DATATYPES.find((datatype) => datatype.name === name);
  if (!found)
    throw new AppError(
      'request.invalid',
      `Tensor datatypes are ${DATATYPES.map((type) => type.name).join(', ')}.`,
    );
  return found;
}

export function datatypeOf(type: TensorType): Datatype {
  return DATATYPES.find((datatype) => datatype.type === type) ?? datatypeNamed('FP32');
}
