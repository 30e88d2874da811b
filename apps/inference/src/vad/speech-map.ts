import { VAD_FRAME_MS } from './frames.js';

/** A frame this likely may hold speech; lower than for endpointing, since what is missed here is lost. */
const POSSIBLE_SPEECH = 0.35;
/** As many frames of possible speech make a recording worth decoding. */
const FRAMES_OF_SPEECH = 3;
/** Segment times are as precise as Whisper's timestamps. */
const MARGIN_MS = 400;

/** Where in a recording somebody may be speaking: one bit for every 32 ms. */
export class SpeechMap {
  private bits = new Uint8Array(1024);
  private frames = 0;
  private speechFrames = 0;

  add(probabilities: Float32Array): void {
    for (const probability of probabilities) {
      const at = this.frames++;
      if (at >> 3 >= this.bits.length) this.grow();
      if (probability < POSSIBLE_SPEECH) continue;
      this.speechFrames++;
      this.bits[at >> 3]! |= 1 << (at & 7);
    }
  }

  get hasSpeech(): boolean {
    return this.speechFrames >= FRAMES_OF_SPEECH;
  }

  /** Whether anybody may be speaking between two times, a margin around them included. */
  isSpeech(fromMs: number, toMs: number): boolean {
    const first = Math.max(0, Math.floor((fromMs - MARGIN_MS) / VAD_FRAME_MS));
    const last = Math.min(this.frames - 1, Math.ceil((toMs + MARGIN_MS) / VAD_FRAME_MS));
    for (let at = first; at <= last; at++) if (this.bits[at >> 3]! & (1 << (at & 7))) return true;
    return false;
  }

  private grow(): void {
    const larger = new Uint8Array(this.bits.length * 2);
    larger.set(this.bits);
    this.bits = larger;
  }
}
