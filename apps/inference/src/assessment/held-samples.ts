import { SPEECH_RATE_HZ } from '@parlance/audio';
import { LONGEST_ASSESSED_SECONDS } from '@parlance/contracts';

const MOST_SAMPLES = LONGEST_ASSESSED_SECONDS * SPEECH_RATE_HZ;

/** The samples of a recording, kept while it is recognised: it is assessed as a whole. Of one that is too long nothing is kept. */
export class HeldSamples {
  private chunks: Float32Array[] = [];
  private found: Float32Array[] = [];
  private length = 0;

  /** @param probabilities  of speech, one for every 32 ms that the samples complete */
  push(samples: Float32Array, probabilities: Float32Array): void {
    this.length += samples.length;
    if (this.length <= MOST_SAMPLES) {
      this.chunks.push(samples);
      this.found.push(probabilities);
    } else {
      this.chunks = [];
      this.found = [];
    }
  }

  /** Undefined where the recording was too long. */
  get sound(): { readonly samples: Float32Array; readonly probabilities: Float32Array } | undefined {
    if (this.length > MOST_SAMPLES) return undefined;
    return { samples: joined(this.chunks), probabilities: joined(this.found) };
  }
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
