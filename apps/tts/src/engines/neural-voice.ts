import { AppError } from '@parlance/errors';
import type { FaultTexts, OnDemandOptions } from '@parlance/onnx';

/** What both neural engines are made with. */
export interface NeuralOptions {
  /** Folders of models; the first that has a voice wins. */
  readonly modelFolders: readonly string[];
  /** The espeak-ng program, which knows how words sound. */
  readonly espeak: string;
  readonly threads: number;
  readonly limits: Pick<OnDemandOptions, 'runLimitMs' | 'loadLimitMs' | 'idleMs' | 'maxQueued'>;
  /** A voice that stays loaded. */
  readonly keptVoice: string;
  readonly onLost: (model: string, reason: string) => void;
}

/** Error texts for a voice's model. */
export const VOICE_FAULTS: FaultTexts = {
  unusable: 'The voice cannot be loaded.',
  failed: 'Speech could not be made just now.',
  busy: 'Every voice is busy just now.',
};

/** Beyond these the voices slur; the encoder does the rest of the speed. */
const SLOWEST = 0.5;
const FASTEST = 2;

export function nativeSpeed(speed: number): { native: number; rest: number } {
  const native = Math.min(FASTEST, Math.max(SLOWEST, speed));
  return { native, rest: speed / native };
}

export function silence(seconds: number, sampleRateHz: number): Buffer {
  return Buffer.alloc(2 * Math.round(seconds * sampleRateHz));
}

/** How far speech has come, by its 16-bit samples. */
export class SampleClock {
  private bytes = 0;

  constructor(private readonly sampleRateHz: number) {}

  get ms(): number {
    return (this.bytes / 2 / this.sampleRateHz) * 1_000;
  }

  count(samples: Buffer): Buffer {
    this.bytes += samples.length;
    return samples;
  }

  /** Passes samples on. @returns what their maker returns at its end */
  async *counted<Result>(samples: AsyncGenerator<Buffer, Result>): AsyncGenerator<Buffer, Result> {
    try {
      for (;;) {
        const next = await samples.next();
        if (next.done) return next.value;
        yield this.count(next.value);
      }
    } finally {
      // Who leaves early ends the work.
      await samples.return(undefined as Result);
    }
  }
}

export function nothingToSpeak(): AppError {
  return new AppError('request.invalid', 'The text has nothing to speak: no letters and no digits.');
}
