import { AppError } from '@parlance/errors';

/** Also of another tenant's entries: nobody learns that there are any. */
export function catalogueNotFound(): AppError {
  return new AppError('catalogue.not_found', 'There is no such entry in the catalogue.');
}

/** @param version  the one that stands */
export function catalogueConflict(version: number): AppError {
  const text = `The entry was changed meanwhile: its version is ${version}. Read it, and change that one.`;
  return new AppError('catalogue.conflict', text, { details: { version } });
}

/** @param version  the one that stands */
export function catalogueExists(version: number): AppError {
  const text = 'The tenant has an entry of this code already; PATCH changes it.';
  return new AppError('catalogue.exists', text, { details: { version } });
}

export function catalogueShared(): AppError {
  return new AppError(
    'catalogue.shared',
    "This is the platform's entry: a tenant overrides it by PATCH or POST, and deletes its own copy only.",
  );
}
