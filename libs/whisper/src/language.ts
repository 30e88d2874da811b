import { languageCode, languageCodes, textHead } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { ModelMetadata } from '@parlance/onnx';

/** What `language` answers to a LanguageRequest. */
export interface DetectedLanguage {
  readonly language: string;
  /** 0..1 */
  readonly languageProbability: number;
}

/** What is known of the language of some speech before its audio counts. */
export interface LanguageChoice {
  /** Codes the speech is in one of; empty: any the model knows. */
  readonly among: readonly string[];
  /** How many times likelier than the others a language is by what went before, by code; 1 where absent. */
  readonly prior: Readonly<Record<string, number>>;
  /** 0..1: how far the audio is to be trusted. The rest is spread evenly over the languages. */
  readonly trust: number;
  /** Decoding begins in this one, which costs nothing where it is the likeliest; left out: the language is asked for first. */
  readonly guess?: string | undefined;
}

/** By the audio alone. */
export const ANY_LANGUAGE: LanguageChoice = { among: [], prior: {}, trust: 1 };

/**
 * The likeliest language (openai/whisper, decoding.py, detect_language), weighed by what was known before: Bayes' rule, where
 * the audio is wrong with the probability 1 − trust.
 * @param logits  of the whole vocabulary after the start token
 * @param ids  token of each language by its code
 */
export function likeliestLanguage(
  logits: Float32Array,
  ids: Readonly<Record<string, number>>,
  { among, prior, trust }: LanguageChoice,
): DetectedLanguage {
  const codes = among.length > 0 ? among : Object.keys(ids);
  const scores = codes.map((code) => logits[ids[code] as number] as number);
  const highest = Math.max(...scores);
  const likelihoods = normalised(scores.map((score) => Math.exp(score - highest)));
  const beliefs = normalised(
    likelihoods.map(
      (share, i) => (trust * share + (1 - trust) / codes.length) * (prior[codes[i] as string] ?? 1),
    ),
  );
  const best = beliefs.indexOf(Math.max(...beliefs));
  return { language: codes[best] as string, languageProbability: beliefs[best] as number };
}

function normalised(weights: readonly number[]): number[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

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
  {
    language,
    languages = [],
  }: { readonly language?: string | undefined; readonly languages?: readonly string[] | undefined },
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
