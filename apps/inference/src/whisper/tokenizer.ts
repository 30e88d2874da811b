import { Tokenizer as BytePairTokenizer } from '@huggingface/tokenizers';
import type { SpecialTokens } from './manifest.schema.js';

const REPLACEMENT = '\ufffd';
/** string.punctuation of Python, which openai/whisper's word splitting tests against. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
/** Written without spaces: every character that decodes on its own counts as a word. */
const UNSPACED_LANGUAGES = new Set(['zh', 'ja', 'th', 'lo', 'my', 'yue']);

/** A word as the tokens spell it, leading space included. */
export interface TokenWord {
  text: string;
  tokens: number[];
}

/** Whisper's byte-level vocabulary: text to tokens, tokens to text and to words. */
export class WhisperTokenizer {
  private readonly pairs: BytePairTokenizer;
  private readonly bytes = new Map<number, Uint8Array>();
  private readonly utf8 = new TextDecoder('utf-8');

  /** @param definition the checkpoint's tokenizer.json, parsed */
  constructor(
    definition: object,
    readonly special: SpecialTokens,
  ) {
    this.pairs = new BytePairTokenizer(definition, {});
  }

  encode(text: string): number[] {
    return this.pairs.encode(text, { add_special_tokens: false }).ids;
  }

  /** Text alone: end, control and timestamp tokens are left out. */
  decode(tokens: readonly number[]): string {
    return this.spell(tokens.filter((token) => token < this.special.eot));
  }

  /**
   * Words in reading order, punctuation apart unless glued to letters (openai/whisper, tokenizer.py, split_to_word_tokens).
   * @param tokens text tokens; a closing end token makes a word of its own
   */
  splitToWords(tokens: readonly number[], language: string): TokenWord[] {
    const characters = this.splitOnCharacters(tokens);
    return UNSPACED_LANGUAGES.has(language) ? characters : this.joinOnSpaces(characters);
  }

  private splitOnCharacters(tokens: readonly number[]): TokenWord[] {
    const whole = this.spell(tokens);
    const pieces: TokenWord[] = [];
    let current: number[] = [];
    let offset = 0;
    for (const token of tokens) {
      current.push(token);
      const text = this.spell(current);
      const broken = text.indexOf(REPLACEMENT);
      // A replacement character that the whole text has at the same place too is one the model really wrote.
      if (broken === -1 || whole[offset + broken] === REPLACEMENT) {
        pieces.push({ text, tokens: current });
        current = [];
        offset += text.length;
      }
    }
    return pieces;
  }

  private joinOnSpaces(pieces: readonly TokenWord[]): TokenWord[] {
    const words: TokenWord[] = [];
    for (const piece of pieces) {
      const last = words.at(-1);
      const starts =
        (piece.tokens[0] ?? 0) >= this.special.eot ||
        piece.text.startsWith(' ') ||
        PUNCTUATION.includes(piece.text.trim());
      if (starts || !last) {
        words.push({ text: piece.text, tokens: [...piece.tokens] });
      } else {
        last.text += piece.text;
        last.tokens.push(...piece.tokens);
      }
    }
    return words;
  }

  private spell(tokens: readonly number[]): string {
    return this.utf8.decode(Buffer.concat(tokens.map((token) => this.bytesOf(token))));
  }

  private bytesOf(token: number): Uint8Array {
    let bytes = this.bytes.get(token);
    if (!bytes) {
      const text = this.pairs.id_to_token(token) ?? '';
      bytes =
        token >= this.special.eot
          ? Buffer.from(text)
          : Uint8Array.from([...text], (character) => BYTE_OF.get(character) ?? 0);
      this.bytes.set(token, bytes);
    }
    return bytes;
  }
}

/** GPT-2's printable stand-ins for the 256 bytes, turned round. */
const BYTE_OF: ReadonlyMap<string, number> = (() => {
  const printable = (byte: number): boolean =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const table = new Map<string, number>();
  let shifted = 256;
  for (let byte = 0; byte < 256; byte++)
    table.set(String.fromCodePoint(printable(byte) ? byte : shifted++), byte);
  return table;
})();
