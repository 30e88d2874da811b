import type { Job } from '../../runtime/loaded-model.js';
import { Tensor, type Feeds } from '../../runtime/onnx-session.js';
import { compressionRatio } from '../compression-ratio.js';
import type { DecodingOptions } from '../decoding-options.js';
import { SECONDS_PER_POSITION } from '../frames.js';
import { flag, floats, integers, pick, type WhisperGraphs } from './whisper-graphs.js';

/** Decoder steps in one graph run: between runs a job can be overtaken or given up. */
const STEPS_PER_RUN = 24;
/** The same recording draws the same text whenever it is heard. */
const SEED = 0;
/** From here on a loop that has shown itself will not become text again. */
const MIN_LOOP_TOKENS = 96;

export interface DecodeRequest {
  /** Prompt, start sequence and prefix. */
  readonly initial: readonly number[];
  readonly decoding: DecodingOptions;
}

export interface Decoded {
  /** Sampled ids up to, not including, the end token. */
  readonly tokens: readonly number[];
  readonly averageLogProbability: number;
  readonly noSpeechProbability: number;
  readonly compressionRatio: number;
  readonly temperature: number;
}

/** Decodes at rising temperatures until the text passes the checks (openai/whisper, transcribe.py, decode_with_fallback). */
export async function decodeWithFallback(
  graphs: WhisperGraphs,
  job: Job,
  cross: Feeds,
  request: DecodeRequest,
): Promise<Decoded> {
  const prefilled = await prefill(graphs, job, cross, request.initial);
  const noSpeechProbability = softmaxAt(
    prefilled.sot_logits?.data as Float32Array,
    graphs.manifest.tokens.noSpeech,
  );
  const { temperatures } = request.decoding;
  const attempts = temperatures.length;
  for (let i = 0; ; i++) {
    const temperature = temperatures[i] ?? 0;
    const isLast = i >= attempts - 1;
    const run = await decodeOnce(graphs, job, cross, prefilled, request, temperature, !isLast);
    const decoded = { ...run, noSpeechProbability, temperature };
    if (isLast || isGoodEnough(decoded, request.decoding)) return decoded;
  }
}

/**
 * No voice, and no confidence in what was written: nothing was said. For interims, encoded short, either is enough: there
 * noise is written down with 0.98, and digital silence counts as voice.
 */
export function isSilent(
  decoded: Decoded,
  { noSpeechThreshold, logprobThreshold }: DecodingOptions,
  isInterim: boolean,
): boolean {
  if (noSpeechThreshold === undefined) return false;
  const isVoiceless = decoded.noSpeechProbability > noSpeechThreshold;
  const isUnsure = logprobThreshold === undefined || decoded.averageLogProbability <= logprobThreshold;
  return isInterim ? isVoiceless || isUnsure : isVoiceless && isUnsure;
}

/** Whether a text repeats itself more than the options allow. */
export function isLoop(
  ratio: number,
  { compressionRatioThreshold }: Pick<DecodingOptions, 'compressionRatioThreshold'>,
): boolean {
  return compressionRatioThreshold !== undefined && ratio > compressionRatioThreshold;
}

function isGoodEnough(decoded: Decoded, options: DecodingOptions): boolean {
  const { noSpeechThreshold, logprobThreshold } = options;
  const isUnsure = logprobThreshold !== undefined && decoded.averageLogProbability < logprobThreshold;
  const isVoiceless = noSpeechThreshold !== undefined && decoded.noSpeechProbability > noSpeechThreshold;
  if (isVoiceless && isUnsure) return true;
  return !isLoop(decoded.compressionRatio, options) && !isUnsure;
}

/** One pass over the prompt: cache, logits of its last token and of the start token. */
export function prefill(
  graphs: WhisperGraphs,
  job: Job,
  cross: Feeds,
  initial: readonly number[],
): Promise<Feeds> {
  const sotIndex = initial.indexOf(graphs.manifest.tokens.sot);
  return graphs.run(job, 'prefill', {
    tokens: integers(initial, [1, initial.length]),
    sot_index: integers([sotIndex], [1]),
    cross_frames: wholeAudio(cross),
    ...cross,
  });
}

async function decodeOnce(
  graphs: WhisperGraphs,
  job: Job,
  cross: Feeds,
  prefilled: Feeds,
  { initial, decoding }: DecodeRequest,
  temperature: number,
  mayStopEarly: boolean,
): Promise<Pick<Decoded, 'tokens' | 'averageLogProbability' | 'compressionRatio'>> {
  const { tokenizer, manifest } = graphs;
  const { sampleLen, withoutTimestamps, maxInitialTimestamp } = decoding;
  const limit = Math.min(sampleLen, manifest.dims.decoderContext + 1 - initial.length);
  const tokens: number[] = [];
  let sum = 0;
  let ratio = 0;
  let state: Feeds = { ...pick(prefilled, 'logits', 'self_'), ...ruleState(manifest.tokens.timestampBegin) };
  while (tokens.length < limit) {
    const output = await graphs.run(job, 'decode', {
      ...cross,
      ...state,
      ...graphs.filters(!withoutTimestamps),
      with_timestamps: flag(!withoutTimestamps),
      max_initial_timestamp: integers(
        [
          maxInitialTimestamp === undefined
            ? manifest.dims.vocabulary
            : Math.round(maxInitialTimestamp / SECONDS_PER_POSITION),
        ],
        [],
      ),
      cross_frames: wholeAudio(cross),
      self_start: integers([0], [1]),
      temperature: floats(Float32Array.of(temperature), [1, 1]),
      seed: integers([SEED], [1, 1]),
      max_steps: integers([Math.min(STEPS_PER_RUN, limit - tokens.length)], []),
    });
    const ids = output.tokens?.data as BigInt64Array;
    const logProbabilities = output.token_logprobs?.data as Float32Array;
    logProbabilities.forEach((value) => (sum += value));
    for (const id of ids) tokens.push(Number(id));
    const ended = tokens.indexOf(manifest.tokens.eot);
    if (ended !== -1) tokens.length = ended;
    const isDone = ended !== -1 || tokens.length >= limit;
    ratio = compressionRatio(tokenizer.decode(tokens).trim());
    if (isDone || (mayStopEarly && tokens.length >= MIN_LOOP_TOKENS && isLoop(ratio, decoding))) break;
    state = { ...state, ...continued(output) };
  }
  return { tokens, averageLogProbability: sum / (tokens.length + 1), compressionRatio: ratio };
}

/** All encoded frames count. */
function wholeAudio({ cross_k_0: keys }: Feeds): Tensor {
  return integers([keys?.dims[2] ?? 0], [1]);
}

/** Nothing sampled yet; the last timestamp stands one before the first, so that every one is allowed. */
function ruleState(timestampBegin: number): Feeds {
  const cell = (value: number): Tensor => integers([value], [1, 1]);
  return {
    last_token: cell(0),
    previous_token: cell(0),
    last_timestamp: cell(timestampBegin - 1),
    step: cell(0),
    done: new Tensor('bool', Uint8Array.of(0), [1, 1]),
  };
}

/** A run's `next_*` outputs are the inputs of the one that continues it. */
function continued(output: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(pick(output, 'next_')).map(([name, tensor]) => [name.slice('next_'.length), tensor]),
  );
}

export function softmaxAt(logits: Float32Array, index: number): number {
  let highest = -Infinity;
  for (const value of logits) if (value > highest) highest = value;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - highest);
  return Math.exp((logits[index] as number) - highest) / sum;
}
