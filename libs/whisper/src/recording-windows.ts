import { Readable } from 'node:stream';
import { AppError } from '@parlance/errors';
import type { InferenceRuntime } from '@parlance/onnx';
import { VoiceActivityService } from '@parlance/vad';
import type { DetectSpeech, Pcm, PcmSource, TranscribeOptions } from './options.js';
import { RecordingTranscription, tokenizeTexts, type LoopStart } from './recording-transcription.js';
import { clipsOf, pcmChunks, toFloats, type Clip, type PcmRecording } from './recording.js';
import { SpeechChunks, type SpeechLimits } from './speech-chunks.js';
import { WindowJobs, type LoopOptions } from './window-jobs.js';
import { FRAMES_PER_SECOND, WINDOW_FRAMES, type WindowResult } from './window.js';

type HowToRead = SpeechLimits &
  Pick<TranscribeOptions, 'batchSize' | 'clipTimestamps' | 'vadFilter' | 'detectSpeech'>;

/** Takes a recording in and decodes its windows: one after another, or side by side. */
export class RecordingWindows {
  private readonly detect: DetectSpeech;

  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly recording: PcmRecording,
    private readonly loop: LoopOptions,
    private readonly how: HowToRead,
  ) {
    this.detect = how.detectSpeech ?? this.sileroVad();
  }

  /** Results in the recording's order.
   *  @throws AppError audio.empty, audio.too_long, and what decoding throws */
  read(source: PcmSource): AsyncGenerator<WindowResult> {
    const { batchSize = 1 } = this.how;
    return batchSize > 1 ? this.batched(source, batchSize) : this.sequential(source);
  }

  private batched(source: PcmSource, batchSize: number): AsyncGenerator<WindowResult> {
    const { clipTimestamps: times } = this.how;
    const chunks = times ? this.clipsAsTheyAre(source, times) : this.chunksOfSpeech(source);
    return new BatchedTranscription(this.runtime, this.recording, this.loop, batchSize).windows(chunks);
  }

  private async *sequential(source: PcmSource): AsyncGenerator<WindowResult> {
    const { clipTimestamps: times, vadFilter = false } = this.how;
    const speech: Clip[] = [];
    const isWhole = !vadFilter && !times;
    const loop = new RecordingTranscription(this.runtime, this.recording, {
      ...this.loop,
      clips: () => (vadFilter ? speech : clipsOf(times ?? [], this.recording.frames)),
    });
    const chunks = vadFilter ? this.watched(source, speech) : this.appended(source);
    await this.measure(chunks, loop, isWhole);
    yield* loop.windows();
  }

  /** Reads to the end. Recordings longer than a window are measured on the way, so that memory and time overlap. */
  private async measure(
    chunks: AsyncIterable<Pcm>,
    loop: RecordingTranscription,
    isWhole: boolean,
  ): Promise<void> {
    const { recording } = this;
    let measured = 0;
    for await (const _ of chunks) {
      while (recording.frames - measured > 2 * WINDOW_FRAMES) {
        await loop.measure(measured, WINDOW_FRAMES, false);
        measured += WINDOW_FRAMES;
      }
    }
    // The only window of a short recording measures it.
    if (isWhole && recording.frames <= WINDOW_FRAMES) return;
    for (; measured < recording.frames; measured += WINDOW_FRAMES) {
      const frames = Math.min(WINDOW_FRAMES, recording.frames - measured);
      await loop.measure(measured, frames, measured + frames === recording.frames);
    }
  }

  private async *appended(source: PcmSource): AsyncGenerator<Pcm> {
    for await (const samples of pcmChunks(source)) {
      this.recording.append(samples);
      yield samples;
    }
    if (this.recording.length === 0) throw new AppError('audio.empty', 'The recording holds no sound.');
  }

  private async *watched(source: PcmSource, speech: Clip[]): AsyncGenerator<Pcm> {
    const chunks = new SpeechChunks(this.how);
    for await (const samples of this.appended(source)) {
      speech.push(...chunks.add(await this.detect(toFloats(samples))));
      yield samples;
    }
    speech.push(...chunks.end(this.recording.length));
  }

  private async *chunksOfSpeech(source: PcmSource): AsyncGenerator<Clip> {
    const chunks = new SpeechChunks(this.how);
    for await (const samples of this.appended(source))
      yield* chunks.add(await this.detect(toFloats(samples)));
    yield* chunks.end(this.recording.length);
  }

  private async *clipsAsTheyAre(source: PcmSource, times: readonly number[]): AsyncGenerator<Clip> {
    const chunks = this.appended(source);
    while (!(await chunks.next()).done);
    yield* clipsOf(times, this.recording.frames);
  }

  private sileroVad(): DetectSpeech {
    const { priority, signal } = this.loop;
    const detector = new VoiceActivityService(this.runtime).open(priority === 'bulk' ? 'bulk' : 'final');
    return (samples) => detector.detect(samples, signal);
  }
}

/** A rest of a chunk that is shorter contains no word that its window has not decoded. */
const MIN_TAIL_FRAMES = FRAMES_PER_SECOND;

/**
 * Decodes chunks of a recording side by side, as they come, without the text before them (as faster-whisper's batched
 * pipeline does). What a chunk's first window leaves over is decoded after it.
 */
export class BatchedTranscription {
  private readonly options: LoopOptions;
  /** The first chunk: where the language is not given, the others are written in its. */
  private firstResults: Promise<readonly WindowResult[]> | undefined;

  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly recording: PcmRecording,
    options: LoopOptions,
    private readonly batchSize: number,
  ) {
    this.options = { ...options, waitsForRoom: true };
  }

  /** Results in the recording's order. */
  async *windows(chunks: AsyncIterable<Clip>): AsyncGenerator<WindowResult> {
    const texts = await tokenizeTexts(new WindowJobs(this.runtime, this.options), this.options);
    const limits = { concurrency: this.batchSize, highWaterMark: 2 * this.batchSize };
    const decoded = Readable.from(chunks, { highWaterMark: 1 }).map((chunk: Clip) => {
      const results = this.decode(chunk, texts);
      this.firstResults ??= results;
      return results;
    }, limits);
    for await (const results of decoded) yield* results as readonly WindowResult[];
  }

  private async decode(
    chunk: Clip,
    texts: Pick<LoopStart, 'promptTokens' | 'prefixTokens'>,
  ): Promise<readonly WindowResult[]> {
    const first = this.firstResults;
    const language = this.options.language ?? (await first)?.[0]?.language;
    const loop = new RecordingTranscription(this.runtime, this.recording, {
      ...this.options,
      clips: () => [chunk],
      conditionOnPreviousText: false,
      minTailFrames: MIN_TAIL_FRAMES,
    });
    const start: LoopStart = {
      promptTokens: texts.promptTokens,
      prefixTokens: first ? [] : texts.prefixTokens,
      language,
      lastSpeech: chunk.from / FRAMES_PER_SECOND,
    };
    const results: WindowResult[] = [];
    for await (const result of loop.windows(start)) results.push(result);
    return results;
  }
}
