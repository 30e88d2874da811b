import { SPEECH_RATE_HZ } from '@parlance/audio';

/** Silero VAD looks at 32 ms at a time. */
export const VAD_FRAME_SAMPLES = 512;
export const VAD_FRAME_MS = (VAD_FRAME_SAMPLES * 1000) / SPEECH_RATE_HZ;

export function samplesOf(ms: number): number {
  return Math.round((ms * SPEECH_RATE_HZ) / 1000);
}

export function msOf(samples: number): number {
  return Math.round((samples * 1000) / SPEECH_RATE_HZ);
}
