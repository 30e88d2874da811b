import { AppError } from '@parlance/errors';

/** Models have one version: the content of their folder. */
export const VERSION = '1';

/** @param version  empty for the only one */
export function isKnownVersion(version: string): boolean {
  return version === '' || version === VERSION;
}

/** @throws AppError model.not_found */
export function checkVersion(version: string): void {
  if (!isKnownVersion(version))
    throw new AppError('model.not_found', `Models have the one version ${VERSION}.`);
}
