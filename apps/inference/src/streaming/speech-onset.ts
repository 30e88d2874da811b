import { estimatePitch, PITCH_SPAN } from '@parlance/analytics';
import { VAD_FRAME_MS } from '@parlance/vad';

/** A frame this likely is speech, or a sound between two of them. */
const POSSIBLE_SPEECH = 0.35;
/** So many frames above this probability may be the begin of speech: 64 ms. */
const LIKELY_SPEECH = 0.5;
const LIKELY_FRAMES = 2;
/** So many frames without speech end a burst: 160 ms. */
const FRAMES_OF_SILENCE = 5;
/** Sound that repeats itself so well has a voice's pitch. A cough's noise does not, apart from its end. */
const VOICED = 0.6;
/** So much voice is no cough, and longer than an “mhm”: 384 ms. */
const VOICED_FRAMES = 12;
/** Mean probability below which it is no speech at all. */
const PROBABILITY = 0.6;

/** What is known of the sound since its start. */
export interface Onset {
  readonly speechProbability: number;
  readonly voicedMs: number;
}

/**
 * Tells speech from a cough and from a short “mhm”, 32 ms by 32 ms: what a reply is interrupted by. A burst of sound is speech once 384 ms of
 * it are voiced. A cough is noise, so it never is; a hum is over before. That a hum is darker than a vowel tells nothing in time: on
 * synthetic ones half of the words would have been hums.
 */
export class SpeechOnset {
  /** No burst has begun yet, or the last one has ended. */
  private isOver = true;
  private frames = 0;
  private silentFrames = 0;
  private likelyFrames = 0;
  private voicedFrames = 0;
  private sumOfProbabilities = 0;

  /** @param probability  of speech in the newest frame
   *  @param sound  gives the newest `PITCH_SPAN` samples
   *  @returns what this frame decides: that the burst may be speech, that it is (again with each later frame of it), or that it was none
   *  and is over */
  push(
    probability: number,
    sound: (count: number) => Float32Array,
  ): 'possible' | 'speech' | 'over' | undefined {
    if (probability < POSSIBLE_SPEECH) {
      if (this.isOver || ++this.silentFrames < FRAMES_OF_SILENCE) return undefined;
      this.isOver = true;
      return this.isSpeech ? undefined : 'over';
    }
    if (this.isOver) this.begin();
    this.silentFrames = 0;
    this.frames++;
    this.sumOfProbabilities += probability;
    if (this.isSpeech) return 'speech';
    if (estimatePitch(sound(PITCH_SPAN)).periodicity >= VOICED) this.voicedFrames++;
    if (this.isSpeech) return 'speech';
    if (probability < LIKELY_SPEECH) return undefined;
    this.likelyFrames++;
    return this.likelyFrames === LIKELY_FRAMES ? 'possible' : undefined;
  }

  /** Of the burst, or of the last one. */
  get onset(): Onset {
    return {
      speechProbability: this.frames === 0 ? 0 : this.sumOfProbabilities / this.frames,
      voicedMs: this.voicedFrames * VAD_FRAME_MS,
    };
  }

  private get isSpeech(): boolean {
    return this.voicedFrames >= VOICED_FRAMES && this.onset.speechProbability >= PROBABILITY;
  }

  private begin(): void {
    this.isOver = false;
    this.frames = this.silentFrames = this.likelyFrames = this.voicedFrames = this.sumOfProbabilities = 0;
  }
}
