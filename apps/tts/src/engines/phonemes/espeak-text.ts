/** Text as espeak-ng may read it: it takes `[[…]]` for phonemes and control characters for commands. */
export function espeakText(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ').replaceAll('[[', '[ [');
}
