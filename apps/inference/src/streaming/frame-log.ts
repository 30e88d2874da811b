import type { FrameMeasures } from '@parlance/analytics';
import { VAD_FRAME_SAMPLES } from '@parlance/vad';

/** The recent frames of a stream by position, so that an utterance can be measured when its bounds are known. */
export class FrameLog {
  private frames: FrameMeasures[] = [];
  private first = 0;

  push(frame: FrameMeasures): void {
    this.frames.push(frame);
  }

  /** Frames that begin within [from, to), positions in samples. */
  between(from: number, to: number): readonly FrameMeasures[] {
    const start = Math.max(0, Math.ceil(from / VAD_FRAME_SAMPLES) - this.first);
    return this.frames.slice(start, Math.max(start, Math.ceil(to / VAD_FRAME_SAMPLES) - this.first));
  }

  /** Frames before `position` are needed no more. */
  release(position: number): void {
    const count = Math.min(this.frames.length, Math.floor(position / VAD_FRAME_SAMPLES) - this.first);
    if (count <= 0) return;
    this.frames = this.frames.slice(count);
    this.first += count;
  }
}
