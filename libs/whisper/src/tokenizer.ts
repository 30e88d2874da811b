import { readFileSync } from 'node:fs';
import { Tokenizer as BytePairTokenizer } from '@huggingface/tokenizers';

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

/** The first id that is no text. */
interface TextEnd {
  readonly eot: number;
}

interface Definition {
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
  readonly added_tokens: readonly { readonly id: number; readonly content: string }[];
}

/**
 * Whisper's byte-level vocabulary: text to tokens, tokens to text and to words. Reading needs a list of pieces only; the
 * tables that writing needs (60 MB) are made for the first prompt.
 */
export class WhisperTokenizer {
  private readonly bytes = new Map<number, Uint8Array>();
  private readonly utf8 = new TextDecoder('utf-8');
  private pairs: BytePairTokenizer | undefined;

  private constructor(
    private readonly file: string,
    private readonly vocabulary: readonly string[],
    readonly special: TextEnd,
  ) {}

  /** @param file the checkpoint's tokenizer.json */
  static open(file: string, special: TextEnd): WhisperTokenizer {
    const { model, added_tokens: added } = readDefinition(file);
    const vocabulary: string[] = [];
    for (const [text, token] of Object.entries(model.vocab)) vocabulary[token] = text;
    for (const { id, content } of added) vocabulary[id] = content;
    return new WhisperTokenizer(file, vocabulary, special);
  }

  encode(text: string): number[] {
    this.pairs ??= new BytePairTokenizer(readDefinition(this.file), {});
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
    const parts: TokenWord[] = [];
    let current: number[] = [];
    let offset = 0;
    for (const token of tokens) {
      current.push(token);
      const text = this.spell(current);
      const broken = text.indexOf(REPLACEMENT);
      // A replacement character that the whole text has at the same place too is one the model really wrote.
      if (broken === -1 || whole[offset + broken] === REPLACEMENT) {
        parts.push({ text, tokens: current });
        current = [];
        offset += text.length;
      }
    }
    return parts;
  }

  private joinOnSpaces(parts: readonly TokenWord[]): TokenWord[] {
    const words: TokenWord[] = [];
    for (const part of parts) {
      const last = words.at(-1);
      const starts =
        (part.tokens[0] ?? 0) >= this.special.eot ||
        part.text.startsWith(' ') ||
        PUNCTUATION.includes(part.text.trim());
      if (starts || !last) {
        words.push({ text: part.text, tokens: [...part.tokens] });
      } else {
        last.text += part.text;
        last.tokens.push(...part.tokens);
      }
    }
    return words;
  }

  private spell(tokens: readonly number[]): string {
    return this.utf8.decode(Buffer.concat(tokens.map((token) => this.bytesOf(token))));
  }

  /** What a token stands for; characters beyond ASCII may be parted. */
  bytesOf(token: number): Uint8Array {
    let bytes = this.bytes.get(token);
    if (!bytes) {
      const text = this.vocabulary[token] ?? '';
      bytes =
        token >= this.special.eot
          ? Buffer.from(text)
          : Uint8Array.from([...text], (character) => BYTE_OF.get(character) ?? 0);
      this.bytes.set(token, bytes);
    }
    return bytes;
  }
}

function readDefinition(file: string): Definition {
  return JSON.parse(readFileSync(file, 'utf8')) as Definition;
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
