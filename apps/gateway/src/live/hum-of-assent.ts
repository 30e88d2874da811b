/** How recognition writes the sounds by which people show that they follow what is said, without letters that are repeated. */
const HUMS: ReadonlySet<string> = new Set([
  'm',
  'hm',
  'mh',
  'mhm',
  'hmhm',
  'uh',
  'uhuh',
  'uhhuh',
  'ah',
  'aha',
  'oh',
]);

/** Whether a text is nothing but such sounds: "Mm-hmm.", "Uh-huh", "Hm". */
export function isHumOfAssent(text: string): boolean {
  const words = text.toLowerCase().match(/[\p{L}'-]+/gu) ?? [];
  const sounds = words.map((word) => word.replace(/[^\p{L}]/gu, '').replace(/(.)\1+/gu, '$1'));
  return sounds.length > 0 && sounds.every((sound) => HUMS.has(sound));
}
