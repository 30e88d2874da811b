import { VAD_FRAME_SAMPLES } from '@parlance/vad';
import type { TranscribeOptions } from './options.js';
import type { Clip } from './recording.js';
import { HOP, SAMPLE_RATE_HZ, WINDOW_FRAMES } from './window.js';

/** What counts as speech, and how much silence ends it; what is left out has its default. */
export type SpeechLimits = Pick<TranscribeOptions, 'vadThreshold' | 'vadSilenceMs' | 'vadPrefixMs'>;

/** Speech behind a longer silence begins a chunk of its own: nothing is invented between, and less is encoded. */
const LONGEST_GAP = 5 * SAMPLE_RATE_HZ;

/**
 * Cuts a recording into chunks of speech of at most 30 s while it arrives: stretches joined as long as they fit a window.
 * Unlike in faster-whisper's batched pipeline the pauses inside a chunk stay, so that its times are the recording's.
 */
export class SpeechChunks {
  private readonly stretches: SpeechStretches;
  private chunk: Stretch | undefined;

  constructor(limits: SpeechLimits = {}) {
    this.stretches = new SpeechStretches(limits);
  }

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

/** Samples from `from` to before `to`. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

const SAMPLES_PER_MS = SAMPLE_RATE_HZ / 1_000;
/** Defaults of `SpeechLimits`. */
const THRESHOLD = 0.5;
const SILENCE_MS = 160;
const PREFIX_MS = 400;
/** Speech ends so far below the probability at which it begins, and not below the least. */
const HYSTERESIS = 0.15;
const LEAST_THRESHOLD = 0.01;
/** Silence that a stretch beyond 30 s may be cut in; what is kept of it behind a stretch. */
const MIN_SILENCE_TO_CUT = 98 * SAMPLES_PER_MS;
const SUFFIX = 400 * SAMPLES_PER_MS;

/**
 * Where somebody speaks, by voice activity, while the recording arrives (faster-whisper, vad.py, get_speech_timestamps; by
 * default with the settings of its batched pipeline). A stretch is at most 30 s.
 */
export class SpeechStretches {
  /** Speech begins at the one probability and ends below the other. */
  private readonly speech: number;
  private readonly silence: number;
  /** Silence that ends a stretch; sound before it that belongs to it; its greatest length without what is kept at its ends. Samples. */
  private readonly minSilence: number;
  private readonly prefix: number;
  private readonly longest: number;
  private at = 0;
  private from: number | undefined;
  /** Where the silence began that may end this stretch; where the last one began that it may be cut in. */
  private quietFrom: number | undefined;
  private cutAt: number | undefined;
  /** Where speech went on behind `cutAt`. */
  private goesOnAt: number | undefined;
  /** The last stretch, its start padded, its end not yet. */
  private held: Stretch | undefined;

  constructor(limits: SpeechLimits = {}) {
    const { vadThreshold = THRESHOLD, vadSilenceMs = SILENCE_MS, vadPrefixMs = PREFIX_MS } = limits;
    this.speech = vadThreshold;
    this.silence = Math.max(LEAST_THRESHOLD, vadThreshold - HYSTERESIS);
    this.minSilence = vadSilenceMs * SAMPLES_PER_MS;
    this.prefix = vadPrefixMs * SAMPLES_PER_MS;
    this.longest = WINDOW_FRAMES * HOP - this.prefix - SUFFIX - VAD_FRAME_SAMPLES;
  }

  /** @param probabilities of speech in the next frames of 32 ms
   *  @returns stretches that are over */
  add(probabilities: Float32Array): Stretch[] {
    const done: Stretch[] = [];
    for (const probability of probabilities) {
      done.push(...this.step(probability));
      this.at += VAD_FRAME_SAMPLES;
    }
    return done;
  }

  /** @param samples length of the recording
   *  @returns what is left */
  end(samples: number): Stretch[] {
    const done = this.from === undefined ? [] : this.pad({ from: this.from, to: samples });
    if (this.held) done.push({ from: this.held.from, to: Math.min(samples, this.held.to + SUFFIX) });
    return done;
  }

  private step(probability: number): Stretch[] {
    if (probability >= this.speech) {
      if (this.from === undefined) {
        this.from = this.at;
        return [];
      }
      if (this.cutAt !== undefined) this.goesOnAt ??= this.at;
      this.quietFrom = undefined;
    }
    const done =
      this.from !== undefined && this.at - this.from > this.longest ? this.pad(this.cut(this.from)) : [];
    if (probability < this.silence && this.from !== undefined) done.push(...this.hush(this.from));
    return done;
  }

  private hush(from: number): Stretch[] {
    this.quietFrom ??= this.at;
    const quiet = this.at - this.quietFrom;
    if (quiet > MIN_SILENCE_TO_CUT && this.cutAt !== this.quietFrom) {
      this.cutAt = this.quietFrom;
      this.goesOnAt = undefined;
    }
    return quiet < this.minSilence ? [] : this.pad(this.close(from, this.quietFrom));
  }

  /** Too long for a window: ends in its last pause, else here. */
  private cut(from: number): Stretch {
    const { cutAt, goesOnAt } = this;
    const stretch = this.close(from, cutAt ?? this.at);
    if (cutAt !== undefined) this.from = goesOnAt;
    return stretch;
  }

  private close(from: number, to: number): Stretch {
    this.from = this.quietFrom = this.cutAt = this.goesOnAt = undefined;
    return { from, to };
  }

  /** Neighbours share a silence that is too short for what belongs to both, in proportion. */
  private pad(stretch: Stretch): Stretch[] {
    const before = this.held;
    const silence = before ? stretch.from - before.to : Infinity;
    const both = this.prefix + SUFFIX;
    const shareOf = (wanted: number): number =>
      silence < both ? Math.floor((silence * wanted) / both) : wanted;
    this.held = { from: Math.max(0, stretch.from - shareOf(this.prefix)), to: stretch.to };
    return before ? [{ from: before.from, to: before.to + shareOf(SUFFIX) }] : [];
  }
}
