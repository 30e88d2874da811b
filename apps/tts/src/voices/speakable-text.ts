import { AppError } from '@parlance/errors';

/** Scripts that a writing system is made of; ISO 15924 codes are Unicode's short names of scripts. */
const PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['Jpan', ['Hira', 'Kana']],
  ['Kore', ['Hang']],
  ['Hans', ['Hani', 'Bopo']],
  ['Hant', ['Hani', 'Bopo']],
]);
/** Largest share of the letters that may be left out; beyond it another text would be spoken. */
const MOST_LEFT_OUT = 1 / 3;
const LETTER = /\p{L}/u;
const PICTURE = /\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f|\u20e3/u;
const DIGIT = /\p{N}/u;

/** The part of a text that a voice of this language can speak: a few words in another script, and pictures, are left out.
 *  @param language BCP 47, of the voice
 *  @throws AppError speech.unsupported_script where most of it would be left out, request.invalid where there is nothing to speak */
export function speakableText(text: string, voice: { name: string; language: string }): string {
  const isSpoken = lettersOf(voice.language);
  let spoken = 0;
  let foreign = 0;
  let pictures = 0;
  let digits = 0;
  let kept = '';
  for (const sign of text) {
    if (LETTER.test(sign)) {
      if (isSpoken.test(sign)) spoken += 1;
      else foreign += 1;
      kept += isSpoken.test(sign) ? sign : ' ';
    } else if (DIGIT.test(sign)) {
      digits += 1;
      kept += sign;
    } else if (PICTURE.test(sign)) {
      pictures += 1;
      kept += ' ';
    } else kept += sign;
  }
  const nothingLeft = spoken + digits === 0;
  if (foreign > MOST_LEFT_OUT * (spoken + foreign) || (nothingLeft && pictures > 0))
    throw new AppError('speech.unsupported_script', refusal(text, voice));
  if (nothingLeft)
    throw new AppError('request.invalid', 'The text has nothing to speak: no letters and no digits.');
  return foreign + pictures === 0 ? text : kept.replace(/[^\S\n]+/g, ' ').trim();
}

const patterns = new Map<string, RegExp>();

/** Letters of the language's own scripts, of Latin, and of no script in particular. */
function lettersOf(language: string): RegExp {
  let pattern = patterns.get(language);
  if (!pattern) {
    const scripts = ['Latn', 'Zyyy', 'Zinh', ...scriptsOf(language)];
    pattern = new RegExp(`[${scripts.map((script) => `\\p{scx=${script}}`).join('')}]`, 'u');
    patterns.set(language, pattern);
  }
  return pattern;
}

function scriptsOf(language: string): readonly string[] {
  let script: string | undefined;
  try {
    ({ script } = new Intl.Locale(language).maximize());
  } catch {
    // Some of espeak-ng's names are no tags (Klingon's).
  }
  return PARTS.get(script ?? '') ?? [script ?? 'Latn'];
}

function refusal(text: string, { name, language }: { name: string; language: string }): string {
  const found = SCRIPT_NAMES.filter(([, pattern]) => pattern.test(text)).map(([script]) => script);
  const what = found.length > 0 ? `${found.join(' and ')} letters` : 'pictures';
  return (
    `The voice "${name}" speaks ${language} and cannot speak ${what}; ` +
    'ask for a voice of the language of the text, GET /v1/audio/voices lists all.'
  );
}

/** Scripts that a refusal calls by name. */
const SCRIPT_NAMES: readonly (readonly [name: string, pattern: RegExp])[] = [
  'Han',
  'Hiragana',
  'Katakana',
  'Hangul',
  'Cyrillic',
  'Greek',
  'Arabic',
  'Hebrew',
  'Devanagari',
  'Bengali',
  'Tamil',
  'Telugu',
  'Thai',
  'Georgian',
  'Armenian',
  'Ethiopic',
].map((name) => [name, new RegExp(`\\p{Script=${name}}`, 'u')]);
