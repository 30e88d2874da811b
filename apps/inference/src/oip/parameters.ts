import { AppError } from '@parlance/errors';
import { printableName } from '../printable-name.js';

type Parameters = Readonly<Record<string, unknown>>;

/**
 * No model has parameters beside its inputs: classification, shared memory and sequences are extensions that are not here.
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
