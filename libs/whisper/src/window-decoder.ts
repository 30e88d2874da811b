import type { Job } from '@parlance/onnx/model';
import { alignText } from './alignment.js';
import { encodeWindow, type CrossAttention } from './encoder.js';
import { decodePrefilled, type Decoded } from './fallback.js';
import { DEFAULT_DECODING } from './options.js';
import { beginText } from './prompt.js';
import type { WhisperEngine } from './sampling.js';
import { splitWindow, type WindowSplit } from './segments.js';
import { freeAll } from './tensors.js';
import { cutRepetition, isLoop, isSilent } from './text-checks.js';
import type { WhisperGraphs } from './whisper-graphs.js';
import {
  FRAMES_PER_SECOND,
  type TokenProbability,
  type WindowRequest,
  type WindowResult,
  type WindowSegment,
} from './window.js';
import { timeSegments, type TimedSegment } from './word-timing.js';

/** From samples to segments: mel, encoder, text, times. */
export async function decodeWindow(
  engine: WhisperEngine,
  job: Job,
  request: WindowRequest,
): Promise<WindowResult> {
  const { cross, loudest } = await encodeWindow(engine.graphs, job, request);
  try {
    return { loudest, seek: request.seek, ...(await decodeEncoded(engine, job, request, cross)) };
  } finally {
    cross.release();
  }
}

async function decodeEncoded(
  engine: WhisperEngine,
  job: Job,
  request: WindowRequest,
  cross: CrossAttention,
): Promise<Omit<WindowResult, 'loudest' | 'seek'>> {
  const { graphs } = engine;
  const { detected, start, initial, prefilled } = await beginText(engine, job, cross, request);
  const decoded = await decodePrefilled(engine, job, { ...request, cross, prefilled, initial }).finally(() =>
    freeAll(prefilled),
  );
  const common = {
    ...detected,
    temperature: decoded.temperature,
    averageLogProbability: decoded.averageLogProbability,
    noSpeechProbability: decoded.noSpeechProbability,
    compressionRatio: decoded.compressionRatio,
  };
  if (isSilent(decoded, request.decoding, request.isInterim))
    return {
      ...common,
      segments: [],
      nextSeek: request.seek + request.frames,
      lastSpeech: request.lastSpeech,
      isSilent: true,
      endsWithSingleTimestamp: false,
    };
  const placed = await segmentWindow(graphs, job, request, decoded, {
    cross,
    start,
    language: detected.language,
  });
  return { ...common, ...placed, isSilent: false };
}

type Placed = Pick<WindowResult, 'segments' | 'nextSeek' | 'lastSpeech' | 'endsWithSingleTimestamp'>;

export interface WindowContext {
  readonly cross: CrossAttention;
  readonly start: readonly number[];
  readonly language: string;
}

/** Cuts a decoded run into segments and, where asked, times its words (openai/whisper, transcribe.py). */
export async function segmentWindow(
  graphs: WhisperGraphs,
  job: Job,
  request: WindowRequest,
  decoded: Decoded,
  context: WindowContext,
): Promise<Placed> {
  const { timestampBegin, eot } = graphs.manifest.tokens;
  const isLooping = request.guardRepetition && isLoop(decoded.compressionRatio, DEFAULT_DECODING);
  const kept = isLooping ? cutRepetition(decoded.tokens) : decoded.tokens;
  const tokens = request.isInterim ? [...request.prefix, ...kept] : kept;
  const split = splitWindow(tokens, timestampBegin, request.seek, request.frames);
  const { endsWithSingleTimestamp } = split;
  const texts = split.segments.map((segment) => segment.tokens.filter((token) => token < eot));
  const timed = request.words
    ? await timeWords(graphs, job, request, split, texts, context)
    : split.segments.map(({ start, end }): TimedSegment => ({ start, end, words: [] }));
  let told = 0;
  const segments = split.segments.map((segment, i): WindowSegment => {
    const { start, end, words } = timed[i] as TimedSegment;
    const text = graphs.tokenizer.decode(texts[i] ?? []);
    const tokenProbabilities = request.tellsTokens
      ? probabilitiesOf(graphs, segment.tokens, decoded.logProbabilities?.slice(told))
      : undefined;
    told += segment.tokens.length;
    return { start, end, words, tokens: segment.tokens, text, tokenProbabilities };
  });
  const lastWordEnd = request.words ? endOf(timed) : undefined;
  if (lastWordEnd === undefined)
    return { segments, nextSeek: split.nextSeek, lastSpeech: request.lastSpeech, endsWithSingleTimestamp };
  const follows = !endsWithSingleTimestamp && lastWordEnd > request.seek / FRAMES_PER_SECOND;
  return {
    segments,
    nextSeek: follows ? Math.round(lastWordEnd * FRAMES_PER_SECOND) : split.nextSeek,
    lastSpeech: lastWordEnd,
    endsWithSingleTimestamp,
  };
}

/** @param logProbabilities  of the tokens, more may follow; undefined: beam search does not tell them */
function probabilitiesOf(
  { tokenizer, manifest }: WhisperGraphs,
  tokens: readonly number[],
  logProbabilities: readonly number[] | undefined,
): TokenProbability[] | undefined {
  return (
    logProbabilities &&
    tokens.flatMap((token, i) => {
      if (token >= manifest.tokens.eot) return [];
      return { bytes: tokenizer.bytesOf(token), logProbability: logProbabilities[i] as number };
    })
  );
}

async function timeWords(
  graphs: WhisperGraphs,
  job: Job,
  { frames, seek, lastSpeech, words }: WindowRequest,
  split: WindowSplit,
  texts: readonly (readonly number[])[],
  { cross, start, language }: WindowContext,
): Promise<TimedSegment[]> {
  const alignment = await alignText(graphs, job, cross, {
    start,
    text: texts.flat(),
    frames,
    language,
  });
  const times = split.segments.map((segment, i) => ({
    start: segment.start,
    end: segment.end,
    textTokens: texts[i]?.length ?? 0,
  }));
  return timeSegments(times, alignment, seek / FRAMES_PER_SECOND, lastSpeech, words);
}

function endOf(segments: readonly TimedSegment[]): number | undefined {
  const last = segments.findLast((segment) => segment.words.length > 0);
  return last?.words.at(-1)?.end ?? segments.at(-1)?.end;
}
