import type { Feeds } from '@parlance/onnx/model';
import type { DecodingOptions } from '../decoding-options.js';
import { SECONDS_PER_POSITION } from '../frames.js';
import type { WhisperManifest } from '../manifest.schema.js';
import type { WhisperTokenizer } from '../text/tokenizer.js';
import { flag, floats, integers } from './tensors.js';

/** Stands for minus infinity, whose sums of exponentials would not be numbers. */
const FORBIDDEN = -1e30;
/** Sets kept ready. One weighs a vocabulary of floats. */
const KEPT = 16;

type RuleOptions = Pick<
  DecodingOptions,
  | 'suppressTokens'
  | 'suppressBlank'
  | 'withoutTimestamps'
  | 'maxInitialTimestamp'
  | 'hotwords'
  | 'hotwordBias'
>;

/** What every row of a decode run is held to: `suppress`, `blank_suppress`, `with_timestamps`, `max_initial_timestamp`. */
export interface DecodeRules {
  readonly feeds: Feeds;
}

/** Rules by options. Equal options get the same object: by it rows are known to fit into one run. */
export class RuleSets {
  private readonly known = new Map<string, DecodeRules>();
  private readonly blank: Float32Array;
  private readonly nothing: Float32Array;

  constructor(
    private readonly manifest: WhisperManifest,
    private readonly tokenizer: WhisperTokenizer,
  ) {
    this.nothing = new Float32Array(manifest.dims.vocabulary);
    this.blank = this.nothing.slice();
    for (const token of manifest.blankTokens) this.blank[token] = FORBIDDEN;
  }

  of(options: RuleOptions): DecodeRules {
    const key = JSON.stringify([
      options.suppressTokens,
      options.suppressBlank,
      options.withoutTimestamps,
      options.maxInitialTimestamp,
      options.hotwordBias && options.hotwords,
      options.hotwordBias,
    ]);
    const rules = this.known.get(key) ?? this.make(options);
    // The set used last is the newest: the oldest makes room.
    this.known.delete(key);
    this.known.set(key, rules);
    if (this.known.size > KEPT) this.known.delete(this.known.keys().next().value as string);
    return rules;
  }

  private make(options: RuleOptions): DecodeRules {
    const { vocabulary } = this.manifest.dims;
    const suppress = new Float32Array(vocabulary);
    for (const token of this.biased(options)) suppress[token] = options.hotwordBias;
    for (const token of suppressedTokens(options.suppressTokens, this.manifest)) suppress[token] = FORBIDDEN;
    // openai-whisper trusts the model to write none; a short-encoded interim is not to be trusted so far.
    if (options.withoutTimestamps) suppress.fill(FORBIDDEN, this.manifest.tokens.timestampBegin);
    const latest = options.maxInitialTimestamp
      ? Math.round(options.maxInitialTimestamp / SECONDS_PER_POSITION)
      : vocabulary;
    return {
      feeds: {
        suppress: floats(suppress, [vocabulary]),
        blank_suppress: floats(options.suppressBlank ? this.blank : this.nothing, [vocabulary]),
        with_timestamps: flag(!options.withoutTimestamps),
        max_initial_timestamp: integers([latest], []),
      },
    };
  }

  /** The first token of every hotword, as it is written inside a sentence. */
  private biased({ hotwords, hotwordBias }: RuleOptions): number[] {
    if (!hotwords || hotwordBias === 0) return [];
    const words = hotwords.split(/[\s,;]+/).filter(Boolean);
    return words.flatMap((word) => this.tokenizer.encode(` ${word}`).slice(0, 1));
  }
}

/**
 * Ids that are never chosen (openai/whisper, decoding.py, _get_suppress_tokens): the control tokens whatever list is given,
 * but nothing at all for an empty one.
 */
export function suppressedTokens(
  asked: DecodingOptions['suppressTokens'],
  { suppressTokens, tokens, dims }: Pick<WhisperManifest, 'suppressTokens' | 'tokens' | 'dims'>,
): number[] {
  if (asked === 'default') return suppressTokens;
  if (asked.length === 0) return [];
  const own = asked.filter((token) => token >= 0 && token < dims.vocabulary);
  const { sot, sotPrev, transcribe, translate, noSpeech } = tokens;
  // <|startoflm|> stands before <|startofprev|> in every vocabulary.
  const control = [transcribe, translate, sot, sotPrev, sotPrev - 1, noSpeech];
  return [...new Set([...own, ...control, ...(asked.includes(-1) ? suppressTokens : [])])];
}
