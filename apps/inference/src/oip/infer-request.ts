import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import { AppError } from '@parlance/errors';
import type { ModelMetadata, TensorMap, TensorSignature } from '@parlance/onnx';
import { printableName } from '../registry/model-catalog.js';
import { datatypeNamed, datatypeOf } from './datatypes.js';
import { decodeTensor } from './tensor-codec.js';

type Parameters = Readonly<Record<string, unknown>>;

/** What asks for the most likely classes of an output instead of its elements. */
const CLASSIFICATION = 'classification';
/** How long a request may take, microseconds. */
const TIMEOUT = 'timeout';
/** A stream's request may ask that its last response says that it is the last. */
export const FINAL_RESPONSE_WANTED = 'triton_enable_empty_final_response';

/**
 * A parameter that would have no effect is refused: shared memory and sequences are extensions that this server does not have.
 * @param known  those that are read, or that the protocol's stock clients send and that change no answer
 * @throws AppError request.invalid naming a parameter
 */
export function refuseParameters(parameters: Parameters, known: readonly string[] = []): void {
  const unknown = Object.keys(parameters).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new AppError(
      'request.invalid',
      unknown.map((name) => `parameters.${printableName(name)}: is no option here`).join('; '),
    );
}

/** @throws AppError request.invalid naming a parameter, of the request or of one of its tensors */
export function checkParameters({ parameters, inputs, outputs }: ModelInferRequest__Output): void {
  refuseParameters(parameters, [TIMEOUT, FINAL_RESPONSE_WANTED]);
  for (const input of inputs) refuseParameters(input.parameters);
  for (const output of outputs) refuseParameters(output.parameters, [CLASSIFICATION]);
}

/**
 * When the request has to be over, in epoch milliseconds; undefined where it does not say.
 * @throws AppError request.invalid
 */
export function readDeadline({ parameters }: ModelInferRequest__Output, now: number): number | undefined {
  const parameter = parameters[TIMEOUT];
  if (!parameter) return undefined;
  const microseconds = Number(parameter.int64Param ?? parameter.uint64Param);
  if (!Number.isInteger(microseconds) || microseconds < 0)
    throw new AppError('request.invalid', 'parameters.timeout: must be a number of microseconds.');
  // Triton's clients say 0 for none.
  return microseconds === 0 ? undefined : now + microseconds / 1000;
}

/**
 * How many classes are asked for, by the output that they are asked of.
 * @throws AppError request.invalid naming the output whose number of classes is none
 */
export function readClassCounts({ outputs }: ModelInferRequest__Output): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { name, parameters } of outputs) {
    const parameter = parameters[CLASSIFICATION];
    if (!parameter) continue;
    const count = Number(parameter.int64Param ?? parameter.uint64Param);
    if (!Number.isInteger(count) || count < 1)
      throw new AppError(
        'request.invalid',
        `outputs: parameters.classification of '${printableName(name)}' must be a number of classes above 0.`,
      );
    counts.set(name, count);
  }
  return counts;
}

/**
 * Names of the outputs asked for; empty: all.
 * @throws AppError request.invalid naming the output that does not exist or is repeated
 */
export function readOutputs({ outputs }: ModelInferRequest__Output, metadata: ModelMetadata): string[] {
  const known = metadata.outputs.map((output) => output.name);
  const asked = outputs.map((output) => output.name);
  for (const [at, name] of asked.entries()) {
    if (!known.includes(name))
      throw new AppError(
        'request.invalid',
        `outputs: there is no '${printableName(name)}'; this model has ${known.join(', ')}.`,
      );
    if (asked.indexOf(name) !== at)
      throw new AppError('request.invalid', `outputs: '${name}' is there twice.`);
  }
  return asked;
}

/**
 * The inputs as the runtime takes them: each of the model's once, in its datatype.
 * @throws AppError request.invalid naming the input
 */
export function readInputs(
  { inputs, rawInputContents }: ModelInferRequest__Output,
  metadata: ModelMetadata,
): TensorMap {
  const isRaw = rawInputContents.length > 0;
  if (isRaw && rawInputContents.length !== inputs.length)
    throw new AppError('request.invalid', 'There must be raw contents for every input, or for none.');
  const feeds = new Map<string, TensorMap[string]>();
  for (const [at, input] of inputs.entries()) {
    const name = printableName(input.name);
    const signature = metadata.inputs.find((known) => known.name === input.name);
    if (!signature) {
      const known = metadata.inputs.map((each) => each.name).join(', ');
      throw new AppError('request.invalid', `inputs: there is no '${name}'; this model has ${known}.`);
    }
    if (feeds.has(input.name)) throw new AppError('request.invalid', `inputs: '${name}' is there twice.`);
    if (isRaw && input.contents)
      throw new AppError('request.invalid', `inputs: '${name}' has contents beside its raw ones.`);
    checkSignature(input, signature);
    feeds.set(input.name, decodeTensor(input, isRaw ? rawInputContents[at] : undefined));
  }
  const missing = metadata.inputs.find(({ name }) => !feeds.has(name));
  if (missing) throw new AppError('request.invalid', `inputs: '${missing.name}' is missing.`);
  return Object.fromEntries(feeds);
}

/** @throws AppError request.invalid with the datatype or the shape that the model has, and the one that came */
function checkSignature(
  { name, datatype, shape }: ModelInferRequest__Output['inputs'][number],
  { type, shape: expected }: TensorSignature,
): void {
  const wanted = datatypeOf(type).name;
  if (datatypeNamed(datatype).name !== wanted)
    throw new AppError(
      'request.invalid',
      `inputs: '${name}' must be of the datatype ${wanted}, not ${datatype}.`,
    );
  // Nothing says a scalar apart from a tensor of any rank.
  if (expected.length === 0) return;
  const fits =
    shape.length === expected.length && expected.every((size, axis) => size < 0 || size === shape[axis]);
  if (!fits)
    throw new AppError(
      'request.invalid',
      `inputs: '${name}' must have the shape [${expected.join(',')}], not [${shape.join(',')}].`,
    );
}
