import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { modelFile } from '../../../../test/support/models.js';
import { TokenizerSchema, type Config, type TokenizerFile } from '../checkpoint/checkpoint-files.schema.js';
import { bytePairs } from './byte-pairs.js';
import { checkTokenizer, isMultilingual, specialTokens } from './special-tokens.js';
import { suppressedTokens } from './suppressed-tokens.js';

/** Ids by openai-whisper 20250625, whisper.tokenizer.get_tokenizer. */
const GOLDENS = [
  {
    vocabulary: 51864,
    multilingual: false,
    eot: 50256,
    sot: 50257,
    su: 50356,
    translate: 50357,
    noSpeech: 50361,
    timestampBegin: 50363,
  },
  {
    vocabulary: 51865,
    multilingual: true,
    eot: 50257,
    sot: 50258,
    su: 50357,
    translate: 50358,
    noSpeech: 50362,
    timestampBegin: 50364,
  },
  {
    vocabulary: 51866,
    multilingual: true,
    eot: 50257,
    sot: 50258,
    su: 50357,
    translate: 50359,
    noSpeech: 50363,
    timestampBegin: 50365,
  },
] as const;

describe('special tokens', () => {
  it.each(GOLDENS)(
    'lie where openai-whisper has them in a vocabulary of $vocabulary',
    ({ vocabulary, multilingual, su, ...ids }) => {
      const tokens = specialTokens(vocabulary);
      expect(tokens).toMatchObject(ids);
      expect(tokens.languages).toMatchObject({ en: ids.sot + 1, su });
      expect(isMultilingual(vocabulary)).toBe(multilingual);
      expect(tokens.timestampBegin + 1501).toBe(vocabulary);
    },
  );

  it('know Cantonese only where there are a hundred languages', () => {
    expect(specialTokens(51866).languages.yue).toBe(50358);
    expect(specialTokens(51865).languages.yue).toBeUndefined();
  });

  it('refuse a vocabulary of another size, and a tokenizer that puts them elsewhere', () => {
    expect(() => specialTokens(32000)).toThrow('a vocabulary of 32000 tokens');
    const tokenizer: TokenizerFile = {
      added_tokens: [{ id: 50257, content: '<|endoftext|>' }],
      model: { vocab: {}, merges: [] },
    };
    expect(() => checkTokenizer(tokenizer, specialTokens(51865))).not.toThrow();
    expect(() => checkTokenizer(tokenizer, specialTokens(51864))).toThrow(
      'tokenizer.json has <|endoftext|> as 50257',
    );
  });
});

describe('suppressed tokens', () => {
  it.each([
    ['en', 'whisper-tiny.en', 51864],
    ['multilingual', 'whisper-base', 51865],
  ] as const)(
    "are openai-whisper's default list for the %s vocabulary, though the checkpoint names none",
    async (name, model, vocabulary) => {
      const goldens = JSON.parse(await readFile('test/golden/random-whisper.json', 'utf8')) as {
        models: Record<string, { suppressed: number[] }>;
      };
      const file = modelFile(model, 'tokenizer.json');
      const tokenizer = TokenizerSchema.parse(JSON.parse(await readFile(file, 'utf8')));
      const checkpoint = { tokenizer, generation: { suppress_tokens: [] }, config: {} as Config };
      const tokens = specialTokens(vocabulary);
      expect(() => checkTokenizer(tokenizer, tokens)).not.toThrow();
      expect(suppressedTokens(checkpoint, bytePairs(tokenizer), tokens)).toEqual(
        goldens.models[name]!.suppressed,
      );
    },
  );
});
