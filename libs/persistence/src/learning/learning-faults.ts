import { AppError } from '@parlance/errors';

/** Also of another tenant's, and of another learner's: nobody learns that there is one. */
export function learningNotFound(): AppError {
  return new AppError('learning.not_found', 'There is no such entry.');
}

/** @param version  the one that stands */
export function learningConflict(version: number): AppError {
  const text = `The entry was changed meanwhile: its version is ${version}. Read it, and change that one.`;
  return new AppError('learning.conflict', text, { details: { version } });
}

/** @param why  why nothing more is taken, as a sentence */
export function learningClosed(why: string): AppError {
  return new AppError('learning.closed', why);
}
