import { type FrameMeasures, FrameMeter, SpeechMeter } from '@parlance/analytics';
import type { SpeechMeasures__Output } from '@parlance/contracts';
import { msOf, VAD_FRAME_SAMPLES } from '@parlance/vad';

/**
 * Measures a stream as a whole and each of its utterances. The recent frames are kept by position, so that an utterance can
 * be measured when its bounds are known. Positions are samples of the stream.
 */
export class StreamMeter {
  private readonly frameMeter = new FrameMeter();
  private readonly whole = new SpeechMeter();
  private recent: FrameMeasures[] = [];
  /** Index of the first recent frame in the stream. */
  private first = 0;

  /** @param probabilities  one for every frame that `samples` completes
   *  @returns the frames completed */
  push(samples: Float32Array, probabilities: Float32Array): readonly FrameMeasures[] {
    const frames = this.frameMeter.add(samples, probabilities);
    for (const frame of frames) this.whole.addFrame(frame);
    this.recent.push(...frames);
    return frames;
  }

  /** Returns a meter of the frames that begin within [from, to); its words are still to be added. */
  utterance(from: number, to: number): SpeechMeter {
    const meter = new SpeechMeter(msOf(from));
    for (const frame of this.framesOf(from, to)) meter.addFrame(frame);
    return meter;
  }

  /** The probability of speech in each of those frames. */
  probabilities(from: number, to: number): Float32Array {
    return Float32Array.from(this.framesOf(from, to), ({ probability }) => probability);
  }

  addWords(count: number): void {
    this.whole.addWords(count);
  }

  /** Frames before `position` are no longer needed. */
  release(position: number): void {
    const count = Math.min(this.recent.length, Math.floor(position / VAD_FRAME_SAMPLES) - this.first);
    if (count <= 0) return;
    this.recent = this.recent.slice(count);
    this.first += count;
  }

  /** Of the whole stream. @param source  as of `SpeechMeter.measures` */
  measures(source: Parameters<SpeechMeter['measures']>[0]): SpeechMeasures__Output {
    return this.whole.measures(source);
  }

  private framesOf(from: number, to: number): FrameMeasures[] {
    const start = Math.max(0, Math.ceil(from / VAD_FRAME_SAMPLES) - this.first);
    const end = Math.max(start, Math.ceil(to / VAD_FRAME_SAMPLES) - this.first);
    return this.recent.slice(start, end);
  }
}
