import type { Clip } from './clips.js';
import { HOP, SAMPLE_RATE_HZ, WINDOW_FRAMES } from '../frames.js';
import { SpeechStretches, type Stretch } from './speech-stretches.js';

/** Speech behind a longer silence begins a chunk of its own: nothing is invented between, and less is encoded. */
const LONGEST_GAP = 5 * SAMPLE_RATE_HZ;

/**
 * Cuts a recording into chunks of speech of at most 30 s while it arrives: stretches joined as long as they fit a window.
 * Unlike in faster-whisper's batched pipeline the pauses inside a chunk stay, so that its times are the recording's.
 */
export class SpeechChunks {
  private readonly stretches = new SpeechStretches();
  private chunk: Stretch | undefined;

  /** @param probabilities of speech in the next frames of 32 ms
   *  @returns chunks that are over */
  add(probabilities: Float32Array): Clip[] {
    return this.stretches.add(probabilities).flatMap((stretch) => this.join(stretch));
  }

  /** @param samples length of the recording
   *  @returns what is left */
  end(samples: number): Clip[] {
    const done = this.stretches.end(samples).flatMap((stretch) => this.join(stretch));
    return this.chunk ? [...done, clipOf(this.chunk)] : done;
  }

  private join(stretch: Stretch): Clip[] {
    const { chunk } = this;
    if (chunk && stretch.to - chunk.from <= WINDOW_FRAMES * HOP && stretch.from - chunk.to <= LONGEST_GAP) {
      this.chunk = { from: chunk.from, to: stretch.to };
      return [];
    }
    this.chunk = stretch;
    return chunk ? [clipOf(chunk)] : [];
  }
}

function clipOf({ from, to }: Stretch): Clip {
  return { from: Math.floor(from / HOP), to: Math.floor(to / HOP) };
}
