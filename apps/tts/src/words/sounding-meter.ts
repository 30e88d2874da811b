import { WavReader } from '@parlance/audio';
import type { Sounding } from './estimated-words.js';

/** Length of the frames whose level is looked at. */
const FRAME_MS = 10;
/** What is 40 dB under full scale is no speech of a synthesiser. */
const QUIET = 0.01;

/** Finds where something sounds in a WAV file that passes by. */
export class SoundingMeter {
  private readonly reader = new WavReader();
  private readonly found: { startMs: number; endMs: number }[] = [];
  private peak = 0;
  private inFrame = 0;
  private frames = 0;

  /** In order; silences of less than a frame are none. */
  get soundings(): readonly Sounding[] {
    return this.found;
  }

  /** @param bytes the file's next ones, a mono file's */
  push(bytes: Uint8Array): void {
    const samples = this.reader.push(bytes);
    const rate = this.reader.format?.sampleRateHz;
    if (rate === undefined) return;
    const frame = Math.round((rate * FRAME_MS) / 1_000);
    for (const sample of samples) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.inFrame += 1;
      if (this.inFrame === frame) this.endFrame();
    }
  }

  private endFrame(): void {
    const startMs = this.frames * FRAME_MS;
    this.frames += 1;
    const last = this.found.at(-1);
    if (this.peak >= QUIET) {
      if (last?.endMs === startMs) last.endMs = startMs + FRAME_MS;
      else this.found.push({ startMs, endMs: startMs + FRAME_MS });
    }
    this.peak = 0;
    this.inFrame = 0;
  }
}
