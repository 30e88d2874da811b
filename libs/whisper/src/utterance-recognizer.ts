import type { InferenceRuntime, ModelMetadata } from '@parlance/onnx';
import { spokenLanguages, type LanguageChoice, type SpokenLanguages } from './language.js';
import type { LoadedModels } from './loaded-models.js';
import { decodingOf, type Utterance, type UtteranceOptions } from './options.js';
import { RecordingTranscription } from './recording-transcription.js';
import { PcmRecording } from './recording.js';
import { withText } from './segments.js';
import { compressionRatio } from './text-checks.js';
import { encodeFramesFor, WINDOW_FRAMES, type WindowRequest, type WindowResult } from './window.js';
import { DEFAULT_WORDS, wordsBehind } from './word-timing.js';

/** A longer text is a loop. Fast speech has six a second, digits and names more. */
const MOST_TOKENS = { partial: { once: 12, perSecond: 8 }, final: { once: 24, perSecond: 15 } } as const;
const MAX_SECONDS = 30;
/** Closing marks stay apart: while somebody speaks, what comes next decides them. */
const OPEN_ENDED_WORDS = { ...DEFAULT_WORDS, appendPunctuations: '' };
/** Share of the newest comer in the running average, and up to where that is calm. */
const NEWEST = 0.1;
const CALM = 0.2;

/** Speech to text for live streams: the newest stretch of an utterance, after the committed words. */
export class UtteranceRecognizer {
  /** Running average of the jobs that are in progress when one arrives. */
  private found = 0;

  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly models: LoadedModels,
  ) {}

  /**
   * At most 30 s of one utterance. `samples` are only read, before the call returns its promise.
   * @param model empty for the default
   * @throws as `WhisperRecognizer.transcribe`
   */
  async recognizeUtterance(
    model: string,
    samples: Float32Array,
    options: UtteranceOptions,
  ): Promise<Utterance> {
    const recording = new PcmRecording(MAX_SECONDS);
    recording.append(samples);
    const name = this.models.resolve(model);
    this.found += (this.jobs - this.found) * NEWEST;
    return this.use(name, async (metadata) => {
      const spoken = spokenLanguages(options, metadata);
      if (options.asRecording) return this.decodeRecording(name, recording, options, spoken);
      const request = windowOf(recording, options, spoken);
      const { kind, signal, deadline } = options;
      const window = await this.runtime.run<WindowResult>(name, 'window', request, {
        priority: kind,
        signal,
        deadline,
        transfer: [request.samples.buffer as ArrayBuffer],
      });
      const words = window.segments.flatMap((segment) => segment.words);
      return { ...window, words: isVoid(window, options) ? [] : wordsBehind(options.prefix ?? [], words) };
    });
  }

  /** What the file API makes of the same samples, with words. */
  private async decodeRecording(
    model: string,
    recording: PcmRecording,
    options: UtteranceOptions,
    spoken: SpokenLanguages,
  ): Promise<Utterance> {
    const { kind, signal = new AbortController().signal, deadline, task = 'transcribe' } = options;
    const loop = new RecordingTranscription(this.runtime, recording, {
      model,
      language: spoken.language,
      choice: choiceOf(options, spoken),
      task,
      promptText: undefined,
      decoding: decodingOf(options),
      words: OPEN_ENDED_WORDS,
      minTailFrames: 0,
      guardRepetition: true,
      priority: kind,
      signal,
      deadline,
    });
    const windows: WindowResult[] = [];
    for await (const window of loop.windows()) windows.push(window);
    const [first] = windows;
    if (!first) throw new RangeError('an utterance has samples');
    const words = windows.flatMap(({ segments }) => withText(segments).flatMap((segment) => segment.words));
    const text = windows.map(({ segments }) => segments.map((segment) => segment.text).join('')).join('');
    return { ...first, words: wordsBehind([], words), compressionRatio: compressionRatio(text.trim()) };
  }

  /** Whether no recognition is running or waiting. */
  get isIdle(): boolean {
    return this.jobs === 0;
  }

  /** Whether those who came of late found others at work, or in the queue, seldom. */
  get isCalm(): boolean {
    return this.found < CALM;
  }

  private get jobs(): number {
    const { running, queued } = this.runtime.busyness('recognition');
    return running + queued;
  }

  private async use<T>(model: string, work: (metadata: ModelMetadata) => Promise<T>): Promise<T> {
    const release = await this.models.hold(model);
    try {
      return await work(release.metadata);
    } finally {
      release();
    }
  }

  /** Tokens of a text that goes before an utterance. */
  async tokenize(model: string, text: string): Promise<number[]> {
    const name = this.models.resolve(model);
    const payload = { text: ` ${text.trim()}` };
    return this.use(name, () => this.runtime.run<number[]>(name, 'tokenize', payload, { priority: 'final' }));
  }
}

/** Without timestamps, since those of a window that is still being spoken say little; words are timed by attention. */
function windowOf(
  recording: PcmRecording,
  options: UtteranceOptions,
  spoken: SpokenLanguages,
): WindowRequest {
  const { kind, prefix = [], promptTokens = [], task = 'transcribe' } = options;
  const frames = Math.min(recording.frames, WINDOW_FRAMES);
  const { once, perSecond } = MOST_TOKENS[kind];
  const mostTokens = once + Math.ceil((recording.milliseconds / 1000) * perSecond);
  const decoding = decodingOf(options, mostTokens);
  return {
    ...recording.cut(0, frames),
    frames,
    seek: 0,
    prompt: promptTokens,
    prefix: prefix.flatMap((word) => word.tokens),
    language: spoken.language,
    choice: choiceOf(options, spoken, guessOf(options, spoken)),
    task,
    decoding: {
      ...decoding,
      withoutTimestamps: true,
      ...(kind === 'partial' ? { beamSize: undefined } : {}),
      ...(kind === 'partial' || prefix.length > 0 ? { temperatures: decoding.temperatures.slice(0, 1) } : {}),
      ...(isRest(options) ? { noSpeechThreshold: undefined } : {}),
    },
    isInterim: true,
    words: OPEN_ENDED_WORDS,
    lastSpeech: 0,
    encodeFrames: encodeFramesFor(frames, kind),
    guardRepetition: true,
  };
}

function choiceOf(
  { choice = { prior: {}, trust: 1 } }: UtteranceOptions,
  { among }: SpokenLanguages,
  guess?: string,
): LanguageChoice {
  return { ...choice, among, guess };
}

/** What a window is begun in: what it was before, English where nothing is known. */
function guessOf({ choice }: UtteranceOptions, { among }: SpokenLanguages): string {
  const usual = among.length === 0 || among.includes('en') ? 'en' : (among[0] as string);
  return choice?.guess ?? usual;
}

/** The last words of somebody whose first ones were believed: too few to be judged by their mean probability alone. */
function isRest({ kind, prefix = [] }: UtteranceOptions): boolean {
  return kind === 'final' && prefix.length > 0;
}

/** No voice and no confidence: openai-whisper's rule, for the rest of an utterance. */
function isVoid(window: WindowResult, options: UtteranceOptions): boolean {
  const { noSpeechThreshold = 1, logprobThreshold = 0 } = decodingOf(options);
  return (
    isRest(options) &&
    window.noSpeechProbability > noSpeechThreshold &&
    window.averageLogProbability < logprobThreshold
  );
}
