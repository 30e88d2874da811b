/** espeak-ng's name of a language where it is not the tag itself. */
const ESPEAK_NAMES: ReadonlyMap<string, string> = new Map([
  ['zh', 'cmn'],
  ['no', 'nb'],
  ['tl', 'fil'],
]);

/** The language without region and script; Mandarin is `cmn` under whichever tag.
 *  @param tag BCP 47 or ISO 639-1 */
export function primaryLanguage(tag: string): string {
  const primary = tag.toLowerCase().split(/[-_]/)[0] ?? '';
  return ESPEAK_NAMES.get(primary) ?? primary;
}

/** How well a voice's language is what is asked for: 2 with its region, 1 without, 0 not at all. */
export function languageMatch(voice: string, asked: string): 0 | 1 | 2 {
  if (voice.toLowerCase() === asked.toLowerCase()) return 2;
  return primaryLanguage(voice) === primaryLanguage(asked) ? 1 : 0;
}
