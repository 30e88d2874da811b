import { Readable } from 'node:stream';
import type { InferenceRuntime } from '@parlance/onnx';
import type { Clip } from './clips.js';
import { FRAMES_PER_SECOND } from '../frames.js';
import type { LoopOptions } from './loop-options.js';
import type { PcmRecording } from './pcm-recording.js';
import { RecordingTranscription, tokenizeTexts, type LoopStart } from './recording-transcription.js';
import { WindowJobs } from './window-jobs.js';
import type { WindowResult } from '../window.js';

/** Leftovers of a chunk that are shorter hold no word that its window has not heard. */
const MIN_TAIL_FRAMES = FRAMES_PER_SECOND;

/**
 * Decodes chunks of a recording side by side, as they come, without the text before them (as faster-whisper's batched
 * pipeline does). What a chunk's first window leaves over is decoded behind it.
 */
export class BatchedTranscription {
  private readonly options: LoopOptions;
  /** The first chunk: where the language is not given, the others are written in its. */
  private heard: Promise<readonly WindowResult[]> | undefined;

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
      this.heard ??= results;
      return results;
    }, limits);
    for await (const results of decoded) yield* results as readonly WindowResult[];
  }

  private async decode(
    chunk: Clip,
    texts: Pick<LoopStart, 'promptTokens' | 'prefixTokens'>,
  ): Promise<readonly WindowResult[]> {
    const first = this.heard;
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
