import { SPEECH_RATE_HZ } from '@parlance/audio';
import { isAppError } from '@parlance/errors';
import type { InferenceRuntime, ScanResult } from '@parlance/onnx';

/** Silero VAD looks at 32 ms at a time. */
export const VAD_FRAME_SAMPLES = 512;
export const VAD_FRAME_MS = (VAD_FRAME_SAMPLES * 1000) / SPEECH_RATE_HZ;

export function samplesOf(ms: number): number {
  return Math.round((ms * SPEECH_RATE_HZ) / 1000);
}

export function msOf(samples: number): number {
  return Math.round((samples * 1000) / SPEECH_RATE_HZ);
}

export const VAD_MODEL = 'silero-vad';

/** Silero VAD at 16 kHz sees the end of the frame before in front of each frame. */
const CONTEXT_SAMPLES = 64;
const STATE_DIMS = [2, 1, 128] as const;
/** Frames a single run may take: about 45 ms of the signal lane, so that other streams are not kept waiting. */
const FRAMES_A_RUN = 320;

/** Opens detectors; the model's recurrent state is theirs, so a lost worker costs a stream nothing. */
export class VoiceActivityService {
  constructor(private readonly runtime: InferenceRuntime) {}

  open(priority: 'final' | 'bulk'): VoiceActivityDetector {
    return new VoiceActivityDetector(this.runtime, priority);
  }
}

/** Speech probability of every 32 ms of one stream. Calls must not overlap. */
export class VoiceActivityDetector {
  private state = new Float32Array(STATE_DIMS[0] * STATE_DIMS[1] * STATE_DIMS[2]);
  /** Context, then what is left of the last incomplete frame. */
  private held = new Float32Array(CONTEXT_SAMPLES);

  constructor(
    private readonly runtime: InferenceRuntime,
    private readonly priority: 'final' | 'bulk',
  ) {}

  /** One probability for every frame completed by `samples`. */
  async detect(samples: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    const input = new Float32Array(this.held.length + samples.length);
    input.set(this.held);
    input.set(samples, this.held.length);
    const frames = Math.floor((input.length - CONTEXT_SAMPLES) / VAD_FRAME_SAMPLES);
    const probabilities = new Float32Array(frames);
    for (let done = 0; done < frames; done += FRAMES_A_RUN) {
      const count = Math.min(FRAMES_A_RUN, frames - done);
      const from = done * VAD_FRAME_SAMPLES;
      const run = input.slice(from, from + CONTEXT_SAMPLES + count * VAD_FRAME_SAMPLES);
      probabilities.set(await this.scan(run, signal), done);
    }
    this.held = input.slice(frames * VAD_FRAME_SAMPLES);
    return probabilities;
  }

  private async scan(data: Float32Array, signal?: AbortSignal): Promise<Float32Array> {
    const width = CONTEXT_SAMPLES + VAD_FRAME_SAMPLES;
    const ask = (): Promise<ScanResult> =>
      this.runtime.scan(
        VAD_MODEL,
        {
          frames: { input: 'input', data, width, hop: VAD_FRAME_SAMPLES },
          state: { input: 'state', output: 'stateN', dims: STATE_DIMS, data: this.state },
          constants: { sr: { type: 'int64', dims: [], data: BigInt64Array.of(16000n) } },
          output: 'output',
        },
        { priority: this.priority, ...(signal ? { signal } : {}) },
      );
    // A worker that died is replaced; the state before this run is still here.
    const { values, state } = await ask().catch((error: unknown) => {
      if (isAppError(error) && error.code === 'inference.interrupted') return ask();
      throw error;
    });
    this.state = new Float32Array(state);
    return values;
  }
}
