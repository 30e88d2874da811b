import { VAD_FRAME_MS } from './voice-activity.js';

/** A frame this likely may hold speech; lower than for endpointing, since what is missed here is lost. */
const POSSIBLE_SPEECH = 0.35;
/** As many frames of possible speech make a recording worth decoding. */
const FRAMES_OF_SPEECH = 3;
/** Segment times are as precise as Whisper's timestamps. */
const MARGIN_MS = 400;

/** A silence of this many frames separates two stretches of speech: half a second, longer than any pause in a word. */
const FRAMES_OF_SILENCE = 16;

/** Milliseconds of the recording. */
export interface SpeechStretch {
  readonly startMs: number;
  readonly endMs: number;
}

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

  /** Where somebody may be speaking between two times, a margin around them included; clicks are left out. */
  stretches(fromMs: number, toMs: number): SpeechStretch[] {
    const { first, last } = this.frameRange(fromMs, toMs);
    const found: { first: number; last: number; frames: number }[] = [];
    for (let at = first; at <= last; at++) {
      if (!this.isSpeechAt(at)) continue;
      const open = found.at(-1);
      if (open && at - open.last <= FRAMES_OF_SILENCE) {
        open.last = at;
        open.frames++;
      } else found.push({ first: at, last: at, frames: 1 });
    }
    return found
      .filter(({ frames }) => frames >= FRAMES_OF_SPEECH)
      .map((stretch) => ({
        startMs: stretch.first * VAD_FRAME_MS,
        endMs: (stretch.last + 1) * VAD_FRAME_MS,
      }));
  }

  /** Whether anybody may be speaking between two times, a margin around them included. */
  isSpeech(fromMs: number, toMs: number): boolean {
    const { first, last } = this.frameRange(fromMs, toMs);
    for (let at = first; at <= last; at++) if (this.isSpeechAt(at)) return true;
    return false;
  }

  private frameRange(fromMs: number, toMs: number): { readonly first: number; readonly last: number } {
    return {
      first: Math.max(0, Math.floor((fromMs - MARGIN_MS) / VAD_FRAME_MS)),
      last: Math.min(this.frames - 1, Math.ceil((toMs + MARGIN_MS) / VAD_FRAME_MS)),
    };
  }

  private isSpeechAt(frame: number): boolean {
    return (this.bits[frame >> 3]! & (1 << (frame & 7))) !== 0;
  }

  private grow(): void {
    const larger = new Uint8Array(this.bits.length * 2);
    larger.set(this.bits);
    this.bits = larger;
  }
}
