/** What of a word is spoken: its letters and digits, in small letters. Empty for a mark. */
export function lettersOf(text: string): string {
  return text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** Whether it is more than marks. */
export function isSpoken(word: { readonly text: string }): boolean {
  return /[\p{L}\p{N}]/u.test(word.text);
}
