import type { ModelSource, OnnxSessionSettings } from '@parlance/onnx';
import type { Feeds, Job } from '@parlance/onnx/model';
import { DecodeBatcher } from './decode-batcher.js';
import type { DecodeRules } from './decode-row.js';
import type { CrossAttention } from './encoder.js';
import type { DecodingOptions } from './options.js';
import { bigintsOf, boolTensor, floats, floatsOf, integers } from './tensors.js';
import { compressionRatio, isLoop } from './text-checks.js';
import type { WhisperTokenizer } from './tokenizer.js';
import { WhisperGraphs, type WhisperManifest } from './whisper-graphs.js';
import { SECONDS_PER_POSITION } from './window.js';

/** A model in memory and what its jobs share. */
export interface WhisperEngine {
  readonly graphs: WhisperGraphs;
  readonly batcher: DecodeBatcher;
  readonly rules: RuleSets;
  /** Texts are generated in one run each: on a device whose memory is not the host's. */
  readonly isRemote: boolean;
}

/** @throws AppError model.invalid */
export async function openEngine(source: ModelSource, settings: OnnxSessionSettings): Promise<WhisperEngine> {
  const graphs = await WhisperGraphs.open(source, settings);
  const cacheType = await graphs.cacheType();
  return {
    graphs,
    isRemote: await graphs.isRemote(),
    batcher: new DecodeBatcher(graphs, cacheType),
    rules: new RuleSets(graphs.manifest, graphs.tokenizer),
  };
}

/** One try at a window's text. */
export interface DecodeAttempt {
  readonly job: Job;
  readonly cross: CrossAttention;
  readonly rules: DecodeRules;
  /** Prompt, start sequence and prefix. */
  readonly initial: readonly number[];
  /** Outputs of the prefill. */
  readonly prefilled: Feeds;
  readonly decoding: DecodingOptions;
  readonly temperature: number;
  readonly seed: number;
  /** Most tokens of the text. */
  readonly limit: number;
  /** Another temperature follows: a text that has shown itself to be a loop may be left. */
  readonly mayStopEarly: boolean;
}

/** A text and how likely it is. */
export interface Hypothesis {
  /** Without the end token. */
  readonly tokens: readonly number[];
  /** Sum of the log-probabilities of its tokens and of the end token. */
  readonly sum: number;
  /** Of each token; left out by beam search, which keeps sums alone. */
  readonly logProbabilities?: readonly number[];
}

/**
 * The likeliest for its length, the first among equals (openai/whisper, decoding.py, MaximumLikelihoodRanker).
 * @param lengthPenalty exponent (arXiv:1609.08144); undefined: mean log-probability
 */
export function likeliest(hypotheses: readonly Hypothesis[], lengthPenalty: number | undefined): Hypothesis {
  const score = ({ tokens, sum }: Hypothesis): number =>
    // The reference divides by zero where a text is empty; here it counts as one token.
    sum /
    (lengthPenalty === undefined ? Math.max(1, tokens.length) : ((5 + tokens.length) / 6) ** lengthPenalty);
  return hypotheses.reduce((best, next) => (score(next) > score(best) ? next : best));
}

/** From here on a loop that has shown itself will not become text again. */
const MIN_LOOP_TOKENS = 96;

/** One text: arg-max at temperature 0, a draw above (openai/whisper, decoding.py, GreedyDecoder). Goes through the decoder with others. */
export async function decodeText(engine: WhisperEngine, attempt: DecodeAttempt): Promise<Hypothesis> {
  const { batcher } = engine;
  const { tokenizer, manifest } = engine.graphs;
  const { limit, mayStopEarly, decoding } = attempt;
  const row = batcher.open(attempt);
  try {
    const tokens: number[] = [];
    const logProbabilities: number[] = [];
    let sum = 0;
    for (;;) {
      const written = await batcher.step(row, limit - tokens.length);
      const kept = Math.min(written.tokens.length, limit - tokens.length);
      for (let i = 0; i < kept; i++) {
        const logProbability = written.logProbabilities[i] as number;
        sum += logProbability;
        logProbabilities.push(logProbability);
        tokens.push(written.tokens[i] as number);
      }
      if (tokens.at(-1) === manifest.tokens.eot)
        return { tokens: tokens.slice(0, -1), sum, logProbabilities };
      if (tokens.length >= limit) return { tokens, sum, logProbabilities };
      if (
        mayStopEarly &&
        tokens.length >= MIN_LOOP_TOKENS &&
        isLoop(compressionRatio(tokenizer.decode(tokens).trim()), decoding)
      )
        return { tokens, sum, logProbabilities };
    }
  } finally {
    batcher.close(row);
  }
}

/** One text as `decodeText` makes it, in a single run: no cache leaves the device between steps. It cannot be left early. */
export async function generateText(
  graphs: WhisperGraphs,
  { job, cross, rules, initial, temperature, seed, limit }: DecodeAttempt,
): Promise<Hypothesis> {
  const { sot, eot } = graphs.manifest.tokens;
  const output = await graphs.run(job, 'generate', {
    ...cross.feeds,
    ...rules.feeds,
    prompt: integers(initial, [1, initial.length]),
    sot_index: integers([initial.indexOf(sot)], [1]),
    temperature: floats(Float32Array.of(temperature), [1, 1]),
    seed: integers([seed], [1, 1]),
    max_steps: integers([limit], []),
  });
  const tokens = Array.from(bigintsOf(output.tokens), Number);
  const end = tokens.indexOf(eot);
  const logProbabilities = [...floatsOf(output.token_logprobs)];
  const sum = logProbabilities.reduce((total, value) => total + value, 0);
  return { tokens: end === -1 ? tokens : tokens.slice(0, end), sum, logProbabilities };
}

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
    for (const token of resolveSuppressedTokens(options.suppressTokens, this.manifest))
      suppress[token] = FORBIDDEN;
    // openai-whisper trusts the model to write none; a short-encoded interim is not to be trusted so far.
    if (options.withoutTimestamps) suppress.fill(FORBIDDEN, this.manifest.tokens.timestampBegin);
    const latest = options.maxInitialTimestamp
      ? Math.round(options.maxInitialTimestamp / SECONDS_PER_POSITION)
      : vocabulary;
    return {
      feeds: {
        suppress: floats(suppress, [vocabulary]),
        blank_suppress: floats(options.suppressBlank ? this.blank : this.nothing, [vocabulary]),
        with_timestamps: boolTensor(!options.withoutTimestamps),
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
export function resolveSuppressedTokens(
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
