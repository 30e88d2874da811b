import type { Feeds, Job } from '@parlance/onnx/model';
import type { DecodingOptions } from '../decoding-options.js';
import type { CrossAttention } from './cross-attention.js';
import type { DecodeRules } from './decode-rules.js';

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
