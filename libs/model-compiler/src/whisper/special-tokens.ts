import { AppError } from '@parlance/errors';
import type { TokenizerFile } from '../checkpoint/checkpoint-files.schema.js';

/** Language codes in the order of openai/whisper's tokenizer; large-v3 added the last. */
const LANGUAGES =
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue'.split(
    ' ',
  );

/** Size of GPT-2's own vocabulary without its end-of-text; the multilingual one has a token more. */
const ENGLISH_TEXT_TOKENS = 50256;
/** Timestamps <|0.00|> to <|30.00|> by 0.02 s. */
const TIMESTAMPS = 1501;
/** eot, sot, translate, transcribe, startoflm, startofprev, nospeech, notimestamps. */
const FIXED_SPECIALS = 8;

/** Ids of Whisper's special tokens. */
export interface SpecialTokens {
  readonly eot: number;
  readonly sot: number;
  readonly languages: Readonly<Record<string, number>>;
  readonly translate: number;
  readonly transcribe: number;
  readonly sotLm: number;
  readonly sotPrev: number;
  readonly noSpeech: number;
  readonly noTimestamps: number;
  readonly timestampBegin: number;
}

export function isMultilingual(vocabulary: number): boolean {
  return vocabulary > ENGLISH_TEXT_TOKENS + FIXED_SPECIALS + 99 + TIMESTAMPS;
}

/** The special tokens follow the text tokens in a fixed order (openai/whisper, tokenizer.py get_encoding); only the number of
 *  languages varies: 99, or 100 since large-v3. */
export function specialTokens(vocabulary: number): SpecialTokens {
  const eot = isMultilingual(vocabulary) ? ENGLISH_TEXT_TOKENS + 1 : ENGLISH_TEXT_TOKENS;
  const languageCount = vocabulary - eot - FIXED_SPECIALS - TIMESTAMPS;
  if (languageCount !== 99 && languageCount !== 100) {
    throw new AppError(
      'model.invalid',
      `config.json: a vocabulary of ${vocabulary} tokens is not one of Whisper's (51864, 51865, 51866).`,
    );
  }
  const sot = eot + 1;
  const afterLanguages = sot + 1 + languageCount;
  return {
    eot,
    sot,
    languages: Object.fromEntries(LANGUAGES.slice(0, languageCount).map((code, i) => [code, sot + 1 + i])),
    translate: afterLanguages,
    transcribe: afterLanguages + 1,
    sotLm: afterLanguages + 2,
    sotPrev: afterLanguages + 3,
    noSpeech: afterLanguages + 4,
    noTimestamps: afterLanguages + 5,
    timestampBegin: afterLanguages + 6,
  };
}

/** Refuses a tokenizer.json whose special tokens lie elsewhere than the vocabulary's size says. */
export function checkTokenizer(tokenizer: TokenizerFile, tokens: SpecialTokens): void {
  const expected = new Map<string, number>([
    ['<|endoftext|>', tokens.eot],
    ['<|startoftranscript|>', tokens.sot],
    ['<|transcribe|>', tokens.transcribe],
    ['<|notimestamps|>', tokens.noTimestamps],
  ]);
  for (const { id, content } of tokenizer.added_tokens) {
    const want = expected.get(content);
    if (want !== undefined && want !== id) {
      throw new AppError(
        'model.invalid',
        `tokenizer.json has ${content} as ${id} where the vocabulary's size asks for ${want}.`,
      );
    }
  }
}
