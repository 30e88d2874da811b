import type { GenerationConfig, Config, TokenizerFile } from '../checkpoint/checkpoint-files.schema.js';
import { firstToken, wholeToken, type BytePairs } from './byte-pairs.js';
import type { SpecialTokens } from './special-tokens.js';

const SYMBOLS = [
  ...'"#()*+/:;<=>@[\\]^_`{|}~「」『』',
  ...'<< >> <<< >>> -- --- -( -[ (\' (" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪'.split(' '),
];
/** All within U+2640–U+267F: they share their first two bytes, so the first token alone may be suppressed. */
const MISCELLANEOUS = [...'♩♪♫♬♭♮♯'];

/** Tokens that annotate rather than transcribe: speaker tags, brackets, notes (openai/whisper, Tokenizer.non_speech_tokens). */
export function nonSpeechTokens(pairs: BytePairs): readonly number[] {
  const found = new Set<number>([firstToken(pairs, ' -'), firstToken(pairs, " '")]);
  for (const symbol of [...SYMBOLS, ...MISCELLANEOUS]) {
    for (const text of [symbol, ` ${symbol}`]) {
      const token = MISCELLANEOUS.includes(symbol) ? firstToken(pairs, text) : wholeToken(pairs, text);
      if (token !== undefined) found.add(token);
    }
  }
  return [...found].sort((a, b) => a - b);
}

/** What decoding suppresses at every step by default (openai/whisper, DecodingTask._get_suppress_tokens with "-1").
 *  A checkpoint's own list wins; fine-tuned ones often ship an empty one, which stands for the default. */
export function suppressedTokens(
  checkpoint: { generation: GenerationConfig; config: Config; tokenizer: TokenizerFile },
  pairs: BytePairs,
  tokens: SpecialTokens,
): readonly number[] {
  const own = [checkpoint.generation.suppress_tokens, checkpoint.config.suppress_tokens].find(
    (list) => list?.length,
  );
  const specials = [
    tokens.transcribe,
    tokens.translate,
    tokens.sot,
    tokens.sotPrev,
    tokens.sotLm,
    tokens.noSpeech,
  ];
  return [...new Set([...(own ?? nonSpeechTokens(pairs)), ...specials])].sort((a, b) => a - b);
}
