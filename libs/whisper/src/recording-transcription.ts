import type { InferenceRuntime } from '@parlance/onnx';
import { skipSilence } from './hallucination.js';
import type { DetectedLanguage } from './language.js';
import { clipsOf, type Clip, type PcmRecording } from './recording.js';
import { withText } from './segments.js';
import { WindowJobs, type HistoryRules, type LoopOptions } from './window-jobs.js';
import {
  MAX_PROMPT_TOKENS,
  TAIL_FRAMES,
  WINDOW_FRAMES,
  type LanguageRequest,
  type LoudestRequest,
  type WindowRequest,
  type WindowResult,
} from './window.js';

/** What the first window needs beside its samples. */
export interface LoopStart {
  readonly promptTokens: readonly number[];
  readonly prefixTokens: readonly number[];
  /** Undefined: the first window detects it. */
  readonly language: string | undefined;
  readonly languageProbability?: number | undefined;
  /** Where speech before the first window ended, seconds. */
  readonly lastSpeech?: number;
}

/**
 * Walks a recording window by window (openai/whisper, transcribe.py): each begins where the last one's speech ended, with
 * the text so far as prompt. The work itself happens in workers; here are only token lists.
 */
export class RecordingTranscription {
  private readonly jobs: WindowJobs;
  private clips: readonly Clip[] = [];
  private clip = 0;
  private seek = 0;
  private isFirst = true;
  private lastSpeech = 0;
  private history: TextHistory;
  private prefix: readonly number[] = [];
  private loudest: number | undefined;
  private language: string | undefined;

  constructor(
    runtime: InferenceRuntime,
    private readonly recording: PcmRecording,
    private readonly options: LoopOptions,
  ) {
    this.jobs = new WindowJobs(runtime, options);
    this.history = this.historyFrom([]);
  }

  /** Measures a stretch of the recording for the loudness clamp; where that is done, every stretch has to be measured before `windows`. */
  async measure(seek: number, frames: number, isEnd: boolean): Promise<void> {
    const cut = (): LoudestRequest => {
      const total = frames + (isEnd ? TAIL_FRAMES : 0);
      return { ...this.recording.cut(seek, total), frames: total };
    };
    const loudest = await this.jobs.ask<number>('loudest', cut);
    this.loudest = Math.max(this.loudest ?? -Infinity, loudest);
  }

  /** Tokenizes the texts, and detects the language where the first window would not contain the recording's beginning. */
  async prepare(): Promise<LoopStart> {
    const { language } = this.options;
    return {
      ...(await tokenizeTexts(this.jobs, this.options)),
      language,
      ...(language ? {} : await this.detectLanguage()),
    };
  }

  /** Results in order; the next window is already being decoded while one is handled. */
  async *windows(start?: LoopStart): AsyncGenerator<WindowResult> {
    const { promptTokens, prefixTokens, language, lastSpeech = 0 } = start ?? (await this.prepare());
    this.clips = this.allClips();
    this.seek = this.clips[0]?.from ?? 0;
    this.history = this.historyFrom(promptTokens);
    this.prefix = prefixTokens;
    this.language = language;
    this.lastSpeech = lastSpeech;
    let next = this.decodeNext();
    while (next) {
      const result = this.advance(await next);
      next = this.decodeNext();
      yield result;
    }
  }

  private allClips(): readonly Clip[] {
    return this.options.clips?.() ?? clipsOf([], this.recording.frames);
  }

  private historyFrom(initial: readonly number[]): TextHistory {
    const { conditionOnPreviousText = true, carryInitialPrompt = false } = this.options;
    return new TextHistory(initial, { conditionOnPreviousText, carryInitialPrompt });
  }

  /** By the recording's first 30 s, like openai-whisper; nothing where the first window is those. */
  private async detectLanguage(): Promise<Partial<DetectedLanguage>> {
    const [clip] = this.allClips();
    const frames = Math.min(WINDOW_FRAMES, this.recording.frames);
    if (!clip || (clip.from === 0 && clip.to >= frames)) return {};
    return this.jobs.ask<DetectedLanguage>('language', (): LanguageRequest => ({
      ...this.recording.cut(0, frames + TAIL_FRAMES),
      frames,
      choice: this.options.choice,
      ...(this.loudest === undefined ? {} : { loudest: this.loudest }),
    }));
  }

  /** Mel frames of the window at `seek`; moves on to the next clip where this one is done. */
  private nextFrames(): number {
    for (;;) {
      const clip = this.clips[this.clip];
      if (!clip) return 0;
      const left = clip.to - this.seek;
      const isBegun = this.seek > clip.from;
      if (left > 0 && !(isBegun && left < this.options.minTailFrames)) return Math.min(WINDOW_FRAMES, left);
      this.clip++;
      this.seek = this.clips[this.clip]?.from ?? this.seek;
    }
  }

  private decodeNext(): Promise<WindowResult> | undefined {
    const frames = this.nextFrames();
    if (frames === 0) return undefined;
    const { choice, task, decoding, words, tellsTokens, guardRepetition } = this.options;
    const prefix = this.isFirst ? this.prefix : [];
    this.isFirst = false;
    const result = this.jobs.ask<WindowResult>('window', (): WindowRequest => ({
      ...this.recording.cut(this.seek, frames + TAIL_FRAMES),
      frames,
      seek: this.seek,
      prompt: this.history.prompt(),
      prefix,
      language: this.language,
      choice,
      task,
      decoding,
      isInterim: false,
      words,
      tellsTokens,
      lastSpeech: this.lastSpeech,
      encodeFrames: WINDOW_FRAMES,
      guardRepetition,
      ...(this.loudest === undefined ? {} : { loudest: this.loudest }),
    }));
    // Whoever awaits it hears of the fault; until then it must not count as unhandled.
    result.catch(() => undefined);
    return result;
  }

  private advance(decoded: WindowResult): WindowResult {
    const result = this.withoutInvented(decoded);
    this.loudest ??= result.loudest;
    this.language = result.language;
    // Word times may end where the window begins: it is never decoded twice.
    this.seek = result.nextSeek > decoded.seek ? result.nextSeek : decoded.seek + WINDOW_FRAMES;
    this.lastSpeech = result.lastSpeech;
    if (!result.isSilent)
      this.history.add(
        withText(result.segments).flatMap((segment) => segment.tokens),
        result.temperature,
      );
    return result;
  }

  private withoutInvented(decoded: WindowResult): WindowResult {
    const { hallucinationSilenceThreshold: threshold, words } = this.options;
    if (threshold === undefined || !words || decoded.isSilent) return decoded;
    const { lastSpeech } = this;
    const recordingFrames = this.recording.frames;
    const left = (this.clips[this.clip]?.to ?? recordingFrames) - decoded.seek;
    const frames = Math.min(WINDOW_FRAMES, left);
    return skipSilence(decoded, { threshold, lastSpeech, frames, recordingFrames });
  }
}

/** The texts that go before a recording's, as tokens. */
export async function tokenizeTexts(
  jobs: WindowJobs,
  { promptText, prefixText }: Pick<LoopOptions, 'promptText' | 'prefixText'>,
): Promise<Pick<LoopStart, 'promptTokens' | 'prefixTokens'>> {
  return { promptTokens: await jobs.tokenize(promptText), prefixTokens: await jobs.tokenize(prefixText) };
}

/** Above this temperature a window's text is too unsure to prompt the next. */
const MAX_PROMPT_TEMPERATURE = 0.5;

/** The text so far, from which each window's prompt is taken (openai/whisper, transcribe.py). */
export class TextHistory {
  private readonly tokens: number[];
  private usableFrom = 0;

  /** @param initial tokens of the initial prompt */
  constructor(
    private readonly initial: readonly number[],
    private readonly rules: HistoryRules,
  ) {
    this.tokens = [...initial];
  }

  /** Tokens to put before the next window: 223 at most, the newest. */
  prompt(): readonly number[] {
    if (!this.rules.carryInitialPrompt) return this.tokens.slice(this.usableFrom).slice(-MAX_PROMPT_TOKENS);
    const text = this.tokens.slice(Math.max(this.initial.length, this.usableFrom));
    // With an initial prompt beyond the context this leaves out the oldest text instead, as the reference's slice does.
    const recent = text.slice(this.initial.length - MAX_PROMPT_TOKENS);
    return [...this.initial, ...recent].slice(-MAX_PROMPT_TOKENS);
  }

  /** @param temperature at which the text was decoded */
  add(tokens: readonly number[], temperature: number): void {
    this.tokens.push(...tokens);
    if (!this.rules.conditionOnPreviousText || temperature > MAX_PROMPT_TEMPERATURE)
      this.usableFrom = this.tokens.length;
  }
}
