import { AppError } from '@parlance/errors';
import { textHead } from './text.schema.js';

/** Bounds a refusal. */
const MOST_NAMES = 60;

/** The refusal of a voice that nobody knows; it names those of the default voice's language.
 *  @param voices all there are
 *  @param standard name of the default voice */
export function voiceNotFound(
  asked: string,
  voices: readonly { readonly name: string; readonly language: string }[],
  standard: string,
): AppError {
  const language = voices.find(({ name }) => name === standard)?.language ?? 'en-US';
  const names = voices.filter((voice) => voice.language === language).map(({ name }) => name);
  const listed = names.slice(0, MOST_NAMES).join(', ') + (names.length > MOST_NAMES ? ', …' : '');
  return new AppError(
    'voice.not_found',
    `There is no voice named "${textHead(asked, 64)}". Voices of ${language}: ${listed}. GET /v1/audio/voices lists all.`,
  );
}
