import type { ModelInferRequest__Output } from '@parlance/contracts/proto/inference/ModelInferRequest';
import { AppError } from '@parlance/errors';
import type { ModelMetadata, TensorMap } from '@parlance/onnx';
import { printableName } from '../registry/model-catalog.js';
import { datatypeOf } from './datatypes.js';
import { decodeTensor } from './tensor-codec.js';

type Parameters = Readonly<Record<string, unknown>>;

/**
 * No model has parameters beside its inputs: classification, shared memory and sequences are extensions that this server does not have.
 * @param ignored  those that the protocol's stock clients send and that change no answer
 * @throws AppError request.invalid naming a parameter, which would have no effect
 */
export function refuseParameters(parameters: Parameters, ignored: readonly string[] = []): void {
  const unknown = Object.keys(parameters).filter((name) => !ignored.includes(name));
  if (unknown.length > 0)
    throw new AppError(
      'request.invalid',
      unknown.map((name) => `parameters.${printableName(name)}: is no option here`).join('; '),
    );
}

/** @throws AppError request.invalid naming a parameter, of the request or of one of its tensors */
export function checkParameters(request: ModelInferRequest__Output): void {
  for (const { parameters } of [request, ...request.inputs, ...request.outputs]) refuseParameters(parameters);
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
    const value = decodeTensor(input, isRaw ? rawInputContents[at] : undefined);
    if (value.type !== signature.type)
      throw new AppError(
        'request.invalid',
        `inputs: '${name}' must be of the datatype ${datatypeOf(signature.type).name}.`,
      );
    feeds.set(input.name, value);
  }
  const missing = metadata.inputs.find(({ name }) => !feeds.has(name));
  if (missing) throw new AppError('request.invalid', `inputs: '${missing.name}' is missing.`);
  return Object.fromEntries(feeds);
}
