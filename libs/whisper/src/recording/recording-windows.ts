import { AppError } from '@parlance/errors';
import type { InferenceRuntime } from '@parlance/onnx';
import { VoiceActivityService } from '@parlance/vad';
import { BatchedTranscription } from './batched-transcription.js';
import { clipsOf, type Clip } from './clips.js';
import { WINDOW_FRAMES } from '../frames.js';
import type { LoopOptions } from './loop-options.js';
import type { PcmRecording } from './pcm-recording.js';
import { piecesOf, toFloats } from './pcm-source.js';
import type { DetectSpeech, Pcm, PcmSource, TranscribeOptions } from '../recognition.types.js';
import { RecordingTranscription } from './recording-transcription.js';
import { SpeechChunks } from './speech-chunks.js';
import type { WindowResult } from '../window.js';

type HowToRead = Pick<TranscribeOptions, 'batchSize' | 'clipTimestamps' | 'vadFilter' | 'detectSpeech'>;

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
    const pieces = vadFilter ? this.watched(source, speech) : this.appended(source);
    await this.measure(pieces, loop, isWhole);
    yield* loop.windows();
  }

  /** Reads to the end. Recordings longer than a window are measured on the way, so that memory and time overlap. */
  private async measure(
    pieces: AsyncIterable<Pcm>,
    loop: RecordingTranscription,
    isWhole: boolean,
  ): Promise<void> {
    const { recording } = this;
    let measured = 0;
    for await (const _ of pieces) {
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
    for await (const piece of piecesOf(source)) {
      this.recording.append(piece);
      yield piece;
    }
    if (this.recording.length === 0) throw new AppError('audio.empty', 'The recording holds no sound.');
  }

  private async *watched(source: PcmSource, speech: Clip[]): AsyncGenerator<Pcm> {
    const chunks = new SpeechChunks();
    for await (const piece of this.appended(source)) {
      speech.push(...chunks.add(await this.detect(toFloats(piece))));
      yield piece;
    }
    speech.push(...chunks.end(this.recording.length));
  }

  private async *chunksOfSpeech(source: PcmSource): AsyncGenerator<Clip> {
    const chunks = new SpeechChunks();
    for await (const piece of this.appended(source)) yield* chunks.add(await this.detect(toFloats(piece)));
    yield* chunks.end(this.recording.length);
  }

  private async *clipsAsTheyAre(source: PcmSource, times: readonly number[]): AsyncGenerator<Clip> {
    const pieces = this.appended(source);
    while (!(await pieces.next()).done);
    yield* clipsOf(times, this.recording.frames);
  }

  private sileroVad(): DetectSpeech {
    const { priority, signal } = this.loop;
    const detector = new VoiceActivityService(this.runtime).open(priority === 'bulk' ? 'bulk' : 'final');
    return (samples) => detector.detect(samples, signal);
  }
}
