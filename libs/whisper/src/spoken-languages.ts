import { languageCode, languageCodes, textHead } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { ModelMetadata } from '@parlance/onnx';
import type { TranscribeOptions } from './recognition.types.js';

/** What a model is to take some speech for. */
export interface SpokenLanguages {
  /** Undefined: to be detected. */
  readonly language: string | undefined;
  /** Codes it is detected among; empty: all the model knows. */
  readonly among: readonly string[];
}

/**
 * What a caller says of the language, checked against what the model knows. English-only models need no more than that
 * English is among the languages.
 * @throws AppError model.language_unsupported naming the language; request.invalid where `language` is not among `languages`, or
 *   the model recognises no speech
 */
export function spokenLanguages(
  { language, languages = [] }: Pick<TranscribeOptions, 'language' | 'languages'>,
  { languages: known, multilingual }: ModelMetadata,
): SpokenLanguages {
  if (!known)
    throw new AppError(
      'request.invalid',
      'This model does not recognise speech; name a Whisper model in the field model.',
    );
  const among = languageCodes(languages);
  const told = languageCode(language ?? '') || undefined;
  const isEnglishAmong = !multilingual && among.includes('en');
  for (const code of [...(told === undefined ? [] : [told]), ...(isEnglishAmong ? [] : among)])
    if (!known.includes(code)) throw unsupported(code);
  if (told !== undefined && among.length > 0 && !among.includes(told))
    throw new AppError(
      'request.invalid',
      `language: '${told}' is not among languages (${among.join(', ')}); leave one of the two out.`,
    );
  if (!multilingual) return { language: 'en', among: [] };
  return { language: told ?? (among.length === 1 ? among[0] : undefined), among };
}

function unsupported(code: string): AppError {
  return new AppError(
    'model.language_unsupported',
    `This model does not know the language '${textHead(code, 16)}'; use an ISO 639-1 code it was trained on.`,
  );
}
