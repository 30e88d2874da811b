import type { ModelInferRequest } from '@parlance/contracts/proto/inference/ModelInferRequest';
import { AppError } from '@parlance/errors';
import type { ModelName } from '../../models/open-models.client.js';
import { parseRequest } from '../request-fields.js';
import { inferBodySchema, type InferBody, type InferParameters } from './infer.schema.js';
import { MAX_BODY_BYTES } from './request-bytes.js';
import { rawOf } from './tensor-elements.js';

/** Says how much of the body is JSON; what is behind it are elements of tensors. */
export const JSON_LENGTH_HEADER = 'inference-header-content-length';

const BINARY_SIZE = 'binary_data_size';
const BINARY_OUTPUT = 'binary_data';
const BINARY_OUTPUTS = 'binary_data_output';

/** Of a run or of a load. */
interface ParameterValue {
  readonly boolParam?: boolean;
  readonly stringParam?: string;
  readonly int64Param?: number;
  readonly doubleParam?: number;
}

export interface ReadInference {
  readonly request: ModelInferRequest;
  /** Whether an output is answered as binary data. */
  readonly isBinary: (output: string) => boolean;
}

/** @throws AppError request.invalid */
export function jsonOfBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch (cause) {
    throw new AppError('request.invalid', 'body: is no JSON', { cause });
  }
}

/**
 * A request to run a model, as the gRPC API has it.
 * @param jsonLength  the header's value; undefined where all of the body is JSON
 * @throws AppError request.invalid naming what is wrong, request.too_large
 */
export function readInference(
  bytes: Buffer,
  jsonLength: string | undefined,
  model: ModelName,
): ReadInference {
  const length = jsonLength === undefined ? bytes.length : Number(jsonLength);
  if (!/^\d+$/.test(jsonLength ?? '0') || length > bytes.length)
    throw new AppError('request.invalid', `${JSON_LENGTH_HEADER}: must be a number up to the body's length`);
  const body = parseRequest(inferBodySchema, jsonOfBody(bytes.subarray(0, length)));
  if (body.model_name !== undefined && body.model_name !== model.name)
    throw new AppError('request.invalid', 'model_name: is not the one of the path');
  const { [BINARY_OUTPUTS]: allBinary, ...parameters } = body.parameters;
  const binary = new Map(
    body.outputs.map(({ name, parameters: { [BINARY_OUTPUT]: one } }) => [name, one ?? allBinary]),
  );
  return {
    request: {
      modelName: model.name,
      modelVersion: model.version,
      id: body.id,
      parameters: parametersOf(parameters),
      inputs: body.inputs.map(({ name, datatype, shape, parameters: { [BINARY_SIZE]: _, ...rest } }) => ({
        name,
        datatype,
        shape,
        parameters: parametersOf(rest),
      })),
      outputs: body.outputs.map(({ name, parameters: { [BINARY_OUTPUT]: _, ...rest } }) => ({
        name,
        parameters: parametersOf(rest),
      })),
      rawInputContents: contentsOf(body.inputs, bytes.subarray(length)),
    },
    isBinary: (output) => (binary.has(output) ? binary.get(output) : allBinary) === true,
  };
}

/** Parameters of JSON by the kinds that the protocol has. */
export function parametersOf(parameters: InferParameters): Record<string, ParameterValue> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]): [string, ParameterValue] => {
      if (typeof value === 'boolean') return [name, { boolParam: value }];
      if (typeof value === 'string') return [name, { stringParam: value }];
      return [name, Number.isInteger(value) ? { int64Param: value } : { doubleParam: value }];
    }),
  );
}

/** The bytes of every input, in their order. */
function contentsOf(inputs: InferBody['inputs'], binary: Buffer): Buffer[] {
  let at = 0;
  const contents = inputs.map(({ name, datatype, data, parameters: { [BINARY_SIZE]: size } }) => {
    if (size === undefined) {
      if (data) return rawOf(name, datatype, data);
      throw new AppError(
        'request.invalid',
        `inputs: '${name}' has neither data nor parameters.${BINARY_SIZE}`,
      );
    }
    if (data) throw new AppError('request.invalid', `inputs: '${name}' has data beside its binary data`);
    if (typeof size !== 'number' || !Number.isInteger(size) || size < 0)
      throw new AppError(
        'request.invalid',
        `inputs: parameters.${BINARY_SIZE} of '${name}' must be a number`,
      );
    at += size;
    return binary.subarray(at - size, at);
  });
  if (at !== binary.length)
    throw new AppError(
      'request.invalid',
      `body: has ${binary.length} bytes behind its JSON, and its inputs ask for ${at}`,
    );
  // Numbers may be shorter in JSON than they are in a tensor.
  if (contents.reduce((sum, { length }) => sum + length, 0) > MAX_BODY_BYTES)
    throw new AppError('request.too_large', 'The tensors of the request are too large.');
  return contents;
}
