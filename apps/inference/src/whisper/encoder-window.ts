import { WINDOW_FRAMES } from './frames.js';

/** Encoder widths for short windows are multiples of this many frames (2 s): few shapes, so that memory is reused. */
const STEP = 200;
/** Silence to leave behind the speech in a short window, frames. */
const MARGIN = 100;

/** Frames the encoder is given for an interim hypothesis of so many frames of speech: little more than there is. */
export function interimEncodeFrames(frames: number): number {
  return Math.min(WINDOW_FRAMES, Math.ceil((frames + MARGIN) / STEP) * STEP);
}
