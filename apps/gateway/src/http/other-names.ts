import { AppError } from '@parlance/errors';

/** The names of some fields or parameters, each with the name that the schema has for it. */
export type OtherNames = Readonly<Record<string, string>>;

/**
 * A query or body by the names of its schema; what is no object stays as it is.
 * @throws AppError request.invalid where something has both of its names
 */
export function byNames(values: unknown, names: OtherNames): unknown {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) return values;
  const named: Record<string, unknown> = { ...values };
  for (const [other, name] of Object.entries(names)) {
    if (named[other] === undefined) continue;
    if (named[name] !== undefined)
      throw new AppError('request.invalid', `${other}: is another name of ${name}, give one of them`);
    named[name] = named[other];
    delete named[other];
  }
  return named;
}
