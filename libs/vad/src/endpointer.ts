import { samplesOf, VAD_FRAME_SAMPLES } from './voice-activity.js';

export interface EndpointerOptions {
  /** Speech probability from which on a frame counts as speech. */
  readonly threshold: number;
  /** Silence that ends an utterance. */
  readonly silenceMs: number;
  /** Longest utterance, lead-in included. */
  readonly maxUtteranceMs: number;
  /** Audio before the detected start that belongs to the utterance; left out: 300 ms. */
  readonly prefixMs?: number;
}

/** Once speaking, a frame counts as speech down to this much below the threshold (Silero's own hysteresis). */
const HYSTERESIS = 0.15;
/** Shorter bursts are clicks and coughs, not words: three frames. */
const MINIMUM_SPEECH_MS = 96;
/** Where the options name no prefix: soft onsets (f, h, s) rise before the detector does. */
export const PRE_ROLL_MS = 300;
/** Audio after the last speech frame that is decoded with it: five frames, known long before the endpoint. */
export const POST_ROLL_MS = 160;
/** An utterance that reaches its limit is cut at the quietest frame of this long before it. */
const CUT_SEARCH_MS = 3000;

/** Positions are samples since the stream's start. */
export type Endpoint =
  | { readonly kind: 'started'; readonly speechFrom: number; readonly audioFrom: number }
  | {
      readonly kind: 'ended';
      readonly audioFrom: number;
      readonly audioTo: number;
      readonly reason: 'silence' | 'length' | 'request';
    };

interface Utterance {
  readonly audioFrom: number;
  speechTo: number;
  /** Silence that ends it if the pause it is in goes on, samples; undefined: as the options say. */
  pauseLimit: number | undefined;
  quietest: { readonly probability: number; readonly at: number } | undefined;
}

/**
 * Finds utterances in a sequence of speech probabilities. Pure: its clock is the number of frames it was given.
 */
export class Endpointer {
  private position = 0;
  /** Nothing before this may belong to the next utterance. */
  private earliestStart = 0;
  private candidate: { readonly from: number; speechFrames: number } | undefined;
  private utterance: Utterance | undefined;
  private readonly silence: number;
  private readonly longest: number;
  private readonly prefix: number;

  constructor(private readonly options: EndpointerOptions) {
    this.silence = samplesOf(options.silenceMs);
    this.longest = samplesOf(options.maxUtteranceMs);
    this.prefix = samplesOf(options.prefixMs ?? PRE_ROLL_MS);
  }

  get isSpeaking(): boolean {
    return this.utterance !== undefined;
  }

  /** Where the utterance being spoken begins. */
  get audioFrom(): number | undefined {
    return this.utterance?.audioFrom;
  }

  /** Behind the last frame of speech in the utterance being spoken. */
  get speechTo(): number {
    return this.utterance?.speechTo ?? 0;
  }

  /** An utterance that reaches its limit is cut here or later. */
  get earliestCut(): number {
    return (this.utterance?.audioFrom ?? this.position) + this.longest - samplesOf(CUT_SEARCH_MS);
  }

  /**
   * Changes how long the pause that the utterance is in now may last; forgotten when speech resumes. A pause that is already
   * longer ends the utterance with the next frame. Without an utterance or a pause nothing happens.
   */
  limitPause(ms: number): void {
    if (this.utterance && this.position > this.utterance.speechTo) this.utterance.pauseLimit = samplesOf(ms);
  }

  /** Audio before this position is no longer needed. */
  get neededFrom(): number {
    if (this.utterance) return this.utterance.audioFrom;
    return Math.max(this.earliestStart, (this.candidate?.from ?? this.position) - this.prefix);
  }

  /** Pushes one frame's probability; returns the endpoints that it causes. */
  push(probability: number): Endpoint[] {
    const from = this.position;
    this.position += VAD_FRAME_SAMPLES;
    return this.utterance
      ? this.continueUtterance(this.utterance, probability)
      : this.awaitSpeech(probability, from);
  }

  /**
   * Ends the utterance being spoken now, on a client's request or at the stream's end.
   * @param audioTo  the newest sample, which may lie beyond the last whole frame
   */
  finalize(audioTo = this.position): Endpoint[] {
    this.candidate = undefined;
    if (!this.utterance) {
      this.earliestStart = audioTo;
      return [];
    }
    const spoken = Math.min(audioTo, this.utterance.speechTo + samplesOf(POST_ROLL_MS));
    return [this.end(this.utterance, spoken, 'request')];
  }

  private awaitSpeech(probability: number, from: number): Endpoint[] {
    if (probability < this.options.threshold - HYSTERESIS) this.candidate = undefined;
    if (probability < this.options.threshold) return [];
    this.candidate ??= { from, speechFrames: 0 };
    this.candidate.speechFrames++;
    if (this.candidate.speechFrames * VAD_FRAME_SAMPLES < samplesOf(MINIMUM_SPEECH_MS)) return [];
    const speechFrom = this.candidate.from;
    const audioFrom = Math.max(this.earliestStart, speechFrom - this.prefix);
    this.candidate = undefined;
    return [this.begin(speechFrom, audioFrom)];
  }

  private continueUtterance(utterance: Utterance, probability: number): Endpoint[] {
    if (probability >= this.options.threshold - HYSTERESIS) {
      utterance.speechTo = this.position;
      utterance.pauseLimit = undefined;
    }
    const silent = this.position - utterance.speechTo;
    if (silent >= (utterance.pauseLimit ?? this.silence)) {
      const audioTo = utterance.speechTo + Math.min(silent, samplesOf(POST_ROLL_MS));
      return [this.end(utterance, audioTo, 'silence')];
    }
    const length = this.position - utterance.audioFrom;
    if (
      length >= this.longest - samplesOf(CUT_SEARCH_MS) &&
      !(utterance.quietest && utterance.quietest.probability < probability)
    )
      utterance.quietest = { probability, at: this.position };
    if (length + VAD_FRAME_SAMPLES <= this.longest) return [];
    // The quietest frame's end is the cut; what was said after it begins the next utterance.
    const cut = utterance.quietest?.at ?? this.position;
    const ended = this.end(utterance, cut, 'length');
    return utterance.speechTo > cut ? [ended, this.begin(cut, cut, utterance.speechTo)] : [ended];
  }

  private begin(speechFrom: number, audioFrom: number, speechTo = this.position): Endpoint {
    this.utterance = { audioFrom, speechTo, pauseLimit: undefined, quietest: undefined };
    return { kind: 'started', speechFrom, audioFrom };
  }

  private end(utterance: Utterance, audioTo: number, reason: 'silence' | 'length' | 'request'): Endpoint {
    this.utterance = undefined;
    this.earliestStart = audioTo;
    return { kind: 'ended', audioFrom: utterance.audioFrom, audioTo, reason };
  }
}
