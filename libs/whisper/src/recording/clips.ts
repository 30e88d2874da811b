import { FRAMES_PER_SECOND } from '../frames.js';

/** A stretch of a recording, in mel frames; `to` is not part of it. */
export interface Clip {
  readonly from: number;
  readonly to: number;
}

/**
 * Stretches to transcribe (openai/whisper, transcribe.py, clip_timestamps).
 * @param times start, end, start, end, … in seconds; the last end may be left out: the recording's; none: all of it
 * @param frames mel frames of the recording
 */
export function clipsOf(times: readonly number[], frames: number): Clip[] {
  const points = times.map((seconds) => Math.min(frames, Math.round(seconds * FRAMES_PER_SECOND)));
  if (points.length === 0) points.push(0);
  if (points.length % 2 === 1) points.push(frames);
  const clips: Clip[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const [from = 0, to = frames] = points.slice(i, i + 2);
    if (from < to) clips.push({ from, to });
  }
  return clips;
}
