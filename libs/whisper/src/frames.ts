/** Whisper's grid: 10 ms mel frames, 20 ms timestamps, 30 s windows, at 16 kHz. */
export const SAMPLE_RATE_HZ = 16_000;
export const HOP = 160;
/** Samples a mel frame reaches to each side of its centre. */
export const CONTEXT = 200;
export const FRAMES_PER_SECOND = 100;
export const WINDOW_FRAMES = 3000;
/** Mel frames for one timestamp step or encoder position. */
export const FRAMES_PER_POSITION = 2;
export const SECONDS_PER_POSITION = 0.02;
/** Previous text given as prompt: half the decoder's context less one. */
export const MAX_PROMPT_TOKENS = 223;
