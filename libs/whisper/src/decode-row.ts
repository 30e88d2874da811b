import { Tensor, type Feeds, type Job } from '@parlance/onnx/model';
import { filledPositions, type CacheRow } from './caches.js';
import type { CrossAttention } from './encoder.js';
import { bigintsOf, floatsOf, pick } from './tensors.js';

/** Integers that the timestamp rules carry from step to step, in the graph's names. */
const RULE_STATE = ['last_token', 'previous_token', 'last_timestamp', 'step'] as const;

/** What every row of a decode run is held to: `suppress`, `blank_suppress`, `with_timestamps`, `max_initial_timestamp`. */
export interface DecodeRules {
  readonly feeds: Feeds;
}

export interface RowRequest {
  readonly job: Job;
  readonly cross: CrossAttention;
  readonly rules: DecodeRules;
  readonly temperature: number;
  readonly seed: number;
  /** Outputs of the prefill: `logits` and `self_*`. */
  readonly prefilled: Feeds;
}

/** What one run wrote for a row. */
export interface Written {
  /** Up to and including the end token. */
  readonly tokens: readonly number[];
  /** As many. */
  readonly logProbabilities: readonly number[];
}

/** One text being decoded: its state from run to run, independent of the rows beside it in a batch. */
export class DecodeRow {
  readonly logits: Float32Array;
  cache: CacheRow;
  private rule: readonly bigint[];

  constructor(
    readonly request: RowRequest,
    timestampBegin: number,
  ) {
    this.logits = floatsOf(request.prefilled.logits);
    this.cache = { tensors: pick(request.prefilled, 'self_'), index: 0, start: 0 };
    // Nothing sampled yet; the last timestamp is one before the first, so that every one is allowed.
    this.rule = [0n, 0n, BigInt(timestampBegin - 1), 0n];
  }

  /** Nothing was chosen yet: the prefill's logits are still to be read. */
  get isFresh(): boolean {
    return this.rule[3] === 0n;
  }

  /** Tokens that may still be chosen before the decoder's context is full: the last one needs no position in it. */
  room(context: number): number {
    return context - filledPositions(this.cache) + (this.isFresh ? 1 : 0);
  }

  /** Reads this row's part of a run's outputs. */
  readOutputs(outputs: Feeds, caches: Feeds, index: number, start: number, eot: number): Written {
    this.cache = { tensors: caches, index, start };
    this.rule = RULE_STATE.map((name) => bigintsOf(outputs[`next_${name}`])[index] as bigint);
    const [, steps = 0] = outputs.tokens?.dims ?? [];
    const span = [index * steps, (index + 1) * steps] as const;
    const tokens = Array.from(bigintsOf(outputs.tokens).subarray(...span), Number);
    const end = tokens.indexOf(eot);
    if (end !== -1) tokens.length = end + 1;
    const logProbabilities = [...floatsOf(outputs.token_logprobs).subarray(span[0], span[0] + tokens.length)];
    return { tokens, logProbabilities };
  }

  /** The inputs that rows do not share. */
  static feeds(rows: readonly DecodeRow[]): Feeds {
    const column = [rows.length, 1];
    const rule = RULE_STATE.map((name, i): [string, Tensor] => [
      name,
      new Tensor(
        'int64',
        BigInt64Array.from(rows, (row) => row.rule[i] as bigint),
        column,
      ),
    ]);
    return {
      ...Object.fromEntries(rule),
      done: new Tensor('bool', new Uint8Array(rows.length), column),
      temperature: new Tensor(
        'float32',
        Float32Array.from(rows, ({ request }) => request.temperature),
        column,
      ),
      seed: new Tensor(
        'int64',
        BigInt64Array.from(rows, ({ request }) => BigInt(request.seed)),
        column,
      ),
    };
  }
}
