import type { Job } from '@parlance/onnx/model';
import { drawBest, searchBeams } from './beams.js';
import type { CrossAttention } from './encoder.js';
import type { DecodingOptions } from './options.js';
import { prefill } from './prompt.js';
import {
  decodeText,
  generateText,
  type DecodeAttempt,
  type Hypothesis,
  type WhisperEngine,
} from './sampling.js';
import { floatsOf, freeAll, softmaxAt } from './tensors.js';
import { compressionRatio, isGoodEnough, leastBad, type Judged } from './text-checks.js';

export interface FallbackRequest {
  /** Prompt, start sequence and prefix. */
  readonly initial: readonly number[];
  readonly decoding: DecodingOptions;
  /** Sets the draws of one window apart from another's. */
  readonly seek: number;
}

export interface Decoded extends Judged {
  /** Sampled ids up to, not including, the end token. */
  readonly tokens: readonly number[];
  /** Of each of them; left out by beam search. */
  readonly logProbabilities?: readonly number[] | undefined;
  /** The last one tried: above the first, texts before had failed. */
  readonly temperature: number;
}

/** Decodes at rising temperatures until a text passes the checks (openai/whisper, transcribe.py, decode_with_fallback). Where
 *  none does, the least bad one stands, not the last, which was drawn most freely. */
export async function decodeWithFallback(
  engine: WhisperEngine,
  job: Job,
  cross: CrossAttention,
  request: FallbackRequest,
): Promise<Decoded> {
  const prefilled = await prefill(engine.graphs, job, cross, request.initial);
  try {
    return await decodePrefilled(engine, job, { cross, prefilled, ...request });
  } finally {
    freeAll(prefilled);
  }
}

/** As `decodeWithFallback`, behind a prompt that has been read. The caller frees `prefilled`. */
export async function decodePrefilled(
  engine: WhisperEngine,
  job: Job,
  { cross, prefilled, initial, decoding, seek }: FallbackRequest & Pick<DecodeAttempt, 'cross' | 'prefilled'>,
): Promise<Decoded> {
  const { manifest, tokenizer } = engine.graphs;
  const noSpeechProbability = softmaxAt(floatsOf(prefilled.sot_logits), manifest.tokens.noSpeech);
  const rules = engine.rules.of(decoding);
  const limit = Math.max(1, Math.min(decoding.sampleLen, manifest.dims.decoderContext + 1 - initial.length));
  const { temperatures } = decoding;
  const failed: Decoded[] = [];
  for (let i = 0; ; i++) {
    const temperature = temperatures[i] ?? 0;
    const isLast = i >= temperatures.length - 1;
    const { tokens, sum, logProbabilities } = await attempt(engine, {
      job,
      cross,
      rules,
      initial,
      prefilled,
      decoding,
      temperature,
      seed: seedOf(decoding.seed, seek, i),
      limit,
      mayStopEarly: !isLast,
    });
    const decoded: Decoded = {
      tokens,
      logProbabilities,
      averageLogProbability: sum / (tokens.length + 1),
      compressionRatio: compressionRatio(tokenizer.decode(tokens).trim()),
      noSpeechProbability,
      temperature,
    };
    if (isGoodEnough(decoded, decoding)) return decoded;
    failed.push(decoded);
    if (isLast) return { ...leastBad(failed, decoding), temperature };
  }
}

/** Beams at temperature 0, several draws above it, where they are asked for. */
function attempt(engine: WhisperEngine, request: DecodeAttempt): Promise<Hypothesis> {
  const { beamSize, bestOf } = request.decoding;
  if (request.temperature === 0 && beamSize !== undefined)
    return searchBeams(engine.graphs, request, beamSize);
  if (request.temperature > 0 && bestOf > 1) return drawBest(engine.graphs, request, bestOf);
  return engine.isRemote ? generateText(engine.graphs, request) : decodeText(engine, request);
}

/** Draws of different windows and attempts have nothing in common (a multiplicative hash; the graph reads 31 bits). */
function seedOf(seed: number, seek: number, attempt: number): number {
  let mixed = seed | 0;
  for (const part of [seek, attempt * 64]) mixed = Math.imul(mixed ^ part, 0x9e3779b1) ^ (mixed >>> 15);
  return mixed & 0x7fffffff;
}
