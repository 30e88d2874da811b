import { AppError } from '#libs/errors';
import type { Job, LoadedModel } from '../../runtime/loaded-model.js';
import type { Feeds } from '../../runtime/onnx-session.js';
import type { ModelMetadata, ModelSource, SessionSettings } from '../../runtime/protocol.js';
import { FRAMES_PER_SECOND, MAX_PROMPT_TOKENS, WINDOW_FRAMES } from '../frames.js';
import { cutRepetition } from '../repetition.js';
import { splitWindow } from '../segments.js';
import {
  DEFAULT_WORDS,
  type DetectedLanguage,
  type LanguageRequest,
  type LoudestRequest,
  type WindowRequest,
  type WindowResult,
  type WindowSegment,
} from '../window.js';
import { DEFAULT_DECODING } from '../decoding-options.js';
import { timeSegments, type TimedSegment } from '../word-timing.js';
import { alignText } from './align-text.js';
import { decodeWithFallback, isLoop, isSilent, prefill, softmaxAt, type Decoded } from './decoding.js';
import { logMel, loudestOf, normaliseMel, TAIL_FRAMES } from './log-mel.js';
import { floats, pick, WhisperGraphs } from './whisper-graphs.js';

/**
 * Whisper inside a worker. Operations: `window` (WindowRequest → WindowResult), `loudest` (LoudestRequest → number),
 * `language` (LanguageRequest → DetectedLanguage), `tokenize` ({ text } → ids), `warm-up`.
 */
export class WhisperModel implements LoadedModel {
  readonly metadata: ModelMetadata;

  private constructor(private readonly graphs: WhisperGraphs) {
    const { multilingual, tokens } = graphs.manifest;
    this.metadata = {
      inputs: [],
      outputs: [],
      multilingual,
      languages: multilingual ? Object.keys(tokens.languages) : ['en'],
    };
  }

  static async open(source: ModelSource, settings: SessionSettings): Promise<WhisperModel> {
    return new WhisperModel(await WhisperGraphs.open(source, settings));
  }

  async run(operation: string, payload: unknown, job: Job): Promise<unknown> {
    switch (operation) {
      case 'window':
        return this.decodeWindow(payload as WindowRequest, job);
      case 'loudest':
        return loudestOf(await logMel(this.graphs, job, payload as LoudestRequest));
      case 'language':
        return this.hearLanguage(payload as LanguageRequest, job);
      case 'tokenize':
        return this.graphs.tokenizer.encode((payload as { text: string }).text);
      case 'warm-up':
        return this.warmUp(job);
      default:
        throw new AppError('request.invalid', `This model has no operation '${operation}'.`);
    }
  }

  close(): Promise<void> {
    return this.graphs.close();
  }

  private async decodeWindow(request: WindowRequest, job: Job): Promise<WindowResult> {
    const { graphs } = this;
    const { tokens } = graphs.manifest;
    const mel = await logMel(graphs, job, { ...request, frames: request.frames + TAIL_FRAMES });
    const loudest = request.loudest ?? loudestOf(mel);
    const width = request.encodeFrames;
    const normalised = normaliseMel(mel, loudest, request.frames, width);
    const cross = pick(
      await graphs.run(job, 'encoder', { mel: floats(normalised, [1, mel.bands, width]) }),
      'cross_',
    );

    const detected =
      request.language === undefined ? await this.detectLanguage(cross, job) : { language: request.language };
    const { language } = detected;
    const start = this.startSequence(language, request.task);
    const prompt =
      request.prompt.length > 0 ? [tokens.sotPrev, ...request.prompt.slice(-MAX_PROMPT_TOKENS)] : [];
    const initial = [
      ...prompt,
      ...start,
      ...(request.decoding.withoutTimestamps ? [tokens.noTimestamps] : []),
      ...request.prefix,
    ];
    const decoded = await decodeWithFallback(graphs, job, cross, { ...request, initial });
    const common = {
      seek: request.seek,
      loudest,
      ...detected,
      temperature: decoded.temperature,
      averageLogProbability: decoded.averageLogProbability,
      noSpeechProbability: decoded.noSpeechProbability,
      compressionRatio: decoded.compressionRatio,
    };
    if (isSilent(decoded, request.decoding, request.isInterim)) {
      return {
        ...common,
        segments: [],
        nextSeek: request.seek + request.frames,
        lastSpeech: request.lastSpeech,
        isSilent: true,
        endsWithSingleTimestamp: false,
      };
    }
    const placed = await this.placeSegments(request, decoded, { cross, start, language }, job);
    return { ...common, ...placed, isSilent: false };
  }

  /** Cuts the decoded run into segments and, where asked, times its words. */
  private async placeSegments(
    request: WindowRequest,
    decoded: Decoded,
    { cross, start, language }: { cross: Feeds; start: readonly number[]; language: string },
    job: Job,
  ): Promise<Pick<WindowResult, 'segments' | 'nextSeek' | 'lastSpeech' | 'endsWithSingleTimestamp'>> {
    const { tokenizer, manifest } = this.graphs;
    const isLooping = request.guardRepetition && isLoop(decoded.compressionRatio, DEFAULT_DECODING);
    const kept = isLooping ? cutRepetition(decoded.tokens) : decoded.tokens;
    const split = splitWindow(
      request.isInterim ? [...request.prefix, ...kept] : kept,
      manifest.tokens.timestampBegin,
      request.seek,
      request.frames,
    );
    const texts = split.segments.map((segment) =>
      segment.tokens.filter((token) => token < manifest.tokens.eot),
    );
    let timed: readonly TimedSegment[] = split.segments.map(({ start: from, end }) => ({
      start: from,
      end,
      words: [],
    }));
    let { nextSeek } = split;
    let { lastSpeech } = request;
    if (request.words) {
      const alignment = await alignText(this.graphs, job, cross, {
        start,
        text: texts.flat(),
        frames: request.frames,
        language,
      });
      const times = split.segments.map((segment, i) => ({
        start: segment.start,
        end: segment.end,
        textTokens: texts[i]?.length ?? 0,
      }));
      timed = timeSegments(
        times,
        alignment,
        request.seek / FRAMES_PER_SECOND,
        request.lastSpeech,
        request.words,
      );
      const lastWordEnd =
        timed.findLast((segment) => segment.words.length > 0)?.words.at(-1)?.end ?? timed.at(-1)?.end;
      if (lastWordEnd !== undefined) {
        if (!split.endsWithSingleTimestamp && lastWordEnd > request.seek / FRAMES_PER_SECOND)
          nextSeek = Math.round(lastWordEnd * FRAMES_PER_SECOND);
        lastSpeech = lastWordEnd;
      }
    }
    const segments = split.segments.map((segment, i): WindowSegment => {
      const times = timed[i] as TimedSegment;
      return {
        start: times.start,
        end: times.end,
        words: times.words,
        tokens: segment.tokens,
        text: tokenizer.decode(texts[i] ?? []),
      };
    });
    return { segments, nextSeek, lastSpeech, endsWithSingleTimestamp: split.endsWithSingleTimestamp };
  }

  private startSequence(language: string, task: WindowRequest['task']): number[] {
    const { tokens, multilingual } = this.graphs.manifest;
    if (!multilingual) return [tokens.sot];
    const spoken = tokens.languages[language];
    if (spoken === undefined)
      throw new AppError(
        'model.language_unsupported',
        `This model does not know the language '${language.slice(0, 16)}'.`,
      );
    return [tokens.sot, spoken, tokens[task]];
  }

  private async hearLanguage(request: LanguageRequest, job: Job): Promise<DetectedLanguage> {
    const mel = await logMel(this.graphs, job, { ...request, frames: request.frames + TAIL_FRAMES });
    const loudest = request.loudest ?? loudestOf(mel);
    const normalised = normaliseMel(mel, loudest, request.frames, WINDOW_FRAMES);
    const input = { mel: floats(normalised, [1, mel.bands, WINDOW_FRAMES]) };
    return this.detectLanguage(pick(await this.graphs.run(job, 'encoder', input), 'cross_'), job);
  }

  /** The likeliest of the language tokens behind the start token (openai/whisper, decoding.py, detect_language). */
  private async detectLanguage(cross: Feeds, job: Job): Promise<DetectedLanguage> {
    const { tokens, multilingual } = this.graphs.manifest;
    if (!multilingual) return { language: 'en', languageProbability: 1 };
    const { sot_logits: output } = await prefill(this.graphs, job, cross, [tokens.sot]);
    const logits = output?.data as Float32Array;
    const codes = Object.keys(tokens.languages);
    const scores = Float32Array.from(codes, (code) => logits[tokens.languages[code] as number] as number);
    const best = scores.indexOf(Math.max(...scores));
    return { language: codes[best] as string, languageProbability: softmaxAt(scores, best) };
  }

  private async warmUp(job: Job): Promise<void> {
    await this.decodeWindow(
      {
        samples: new Float32Array(16_000),
        isStart: true,
        frames: 100,
        seek: 0,
        prompt: [],
        prefix: [],
        language: 'en',
        task: 'transcribe',
        decoding: { ...DEFAULT_DECODING, temperatures: [0], sampleLen: 8 },
        isInterim: false,
        words: DEFAULT_WORDS,
        lastSpeech: 0,
        encodeFrames: WINDOW_FRAMES,
        guardRepetition: false,
      },
      job,
    );
  }
}
