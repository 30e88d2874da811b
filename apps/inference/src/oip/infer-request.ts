import type { ModelInferRequest__Output } from '#proto/inference/ModelInferRequest.js';
import { AppError } from '#libs/errors';
import type { ModelMetadata, TensorMap } from '../runtime/protocol.js';
import { datatypeOf } from './datatypes.js';
import { decodeTensor, printableName } from './tensor-codec.js';

/**
 * The protocol's parameters are extensions, of which this server has none: what was asked for would silently not be done.
 * @param owner  whose parameters they are, for the refusal
 * @throws AppError request.invalid naming the first one
 */
export function refuseParameters(owner: string, parameters: object | null | undefined): void {
  const [name] = Object.keys(parameters ?? {});
  if (name === undefined) return;
  throw new AppError(
    'request.invalid',
    `The parameter '${printableName(name)}' of ${owner} is not supported; leave it out.`,
  );
}

/** @throws AppError request.invalid naming the parameter */
export function checkParameters({ parameters, inputs, outputs }: ModelInferRequest__Output): void {
  refuseParameters('the request', parameters);
  for (const { name, parameters: own } of inputs) refuseParameters(`the input '${printableName(name)}'`, own);
  for (const { name, parameters: own } of outputs)
    refuseParameters(`the output '${printableName(name)}'`, own);
}

/**
 * Names of the outputs asked for; empty: all.
 * @throws AppError request.invalid naming the output that is not there or comes twice
 */
export function readOutputs({ outputs }: ModelInferRequest__Output, metadata: ModelMetadata): string[] {
  const known = metadata.outputs.map((output) => output.name);
  const asked = outputs.map((output) => output.name);
  for (const [at, name] of asked.entries()) {
    if (!known.includes(name))
      throw new AppError(
        'request.invalid',
        `There is no output '${printableName(name)}'; this model's are ${known.join(', ')}.`,
      );
    if (asked.indexOf(name) !== at)
      throw new AppError('request.invalid', `The output '${name}' is asked for twice.`);
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
      throw new AppError('request.invalid', `There is no input '${name}'; this model's are ${known}.`);
    }
    if (feeds.has(input.name)) throw new AppError('request.invalid', `The input '${name}' is given twice.`);
    if (isRaw && input.contents)
      throw new AppError('request.invalid', `The input '${name}' has raw contents and typed ones.`);
    const value = decodeTensor(input, isRaw ? rawInputContents[at] : undefined);
    if (value.type !== signature.type)
      throw new AppError(
        'request.invalid',
        `The input '${name}' must be of the datatype ${datatypeOf(signature.type).name}.`,
      );
    feeds.set(input.name, value);
  }
  const missing = metadata.inputs.find(({ name }) => !feeds.has(name));
  if (missing) throw new AppError('request.invalid', `The input '${missing.name}' is missing.`);
  return Object.fromEntries(feeds);
}
