import { SILENCE_DBFS, toDbfs } from '@parlance/audio';
import type { SpeechMeasures__Output } from '@parlance/contracts';
import { VAD_FRAME_MS, VAD_FRAME_SAMPLES } from '@parlance/vad';
import type { FrameMeasures } from './frame-measures.js';

type Pause = SpeechMeasures__Output['pauses'][number];

/** From this probability on a frame is speech. */
const SPEECH_PROBABILITY = 0.5;
/** Up to this probability a frame is noise; between the two it is the edge of a word, and neither level takes it. */
const NOISE_PROBABILITY = 0.15;
const PAUSE_MS = 200;
/** A stream that runs for days keeps this many pauses; the sums go on. */
const PAUSES_KEPT = 10_000;
const MAX_SNR_DB = 100;

/** Energy of one kind of frame. */
class Level {
  private sum = 0;
  private frames = 0;

  add(frame: FrameMeasures): void {
    this.sum += frame.sumOfSquares;
    this.frames++;
  }

  get meanSquare(): number {
    return this.frames === 0 ? 0 : this.sum / (this.frames * VAD_FRAME_SAMPLES);
  }

  get isKnown(): boolean {
    return this.frames > 0;
  }

  get dbfs(): number {
    return this.isKnown ? toDbfs(Math.sqrt(this.meanSquare)) : SILENCE_DBFS;
  }
}

/**
 * How a stretch of audio was spoken, from its VAD frames and its words; grows frame by frame at the cost of a few
 * additions. Times are milliseconds from `originMs`.
 */
export class SpeechMeter {
  private readonly speech = new Level();
  private readonly noise = new Level();
  private readonly pauses: Pause[] = [];
  private longestPauseMs = 0;
  private frames = 0;
  private speechFrames = 0;
  private peak = 0;
  private clipped = 0;
  /** Frame behind the last speech. */
  private speechEnd: number | undefined;
  private words = 0;

  /** @param originMs  where the first frame lies in the stream */
  constructor(private readonly originMs = 0) {}

  addFrame(frame: FrameMeasures): void {
    const index = this.frames++;
    this.peak = Math.max(this.peak, frame.peak);
    this.clipped += frame.clipped;
    if (frame.probability <= NOISE_PROBABILITY) this.noise.add(frame);
    if (frame.probability < SPEECH_PROBABILITY) return;
    this.speech.add(frame);
    this.speechFrames++;
    if (this.speechEnd !== undefined) this.notePause(this.speechEnd, index);
    this.speechEnd = index + 1;
  }

  addWords(count: number): void {
    this.words += count;
  }

  /** @param source  peak and clipping as the client sent them, before resampling, where they are known */
  measures(source?: { readonly peakDbfs: number; readonly clippingRatio: number }): SpeechMeasures__Output {
    const audioMs = Math.round(this.frames * VAD_FRAME_MS);
    const speechMs = Math.round(this.speechFrames * VAD_FRAME_MS);
    return {
      audioMs,
      speechMs,
      speechRatio: audioMs === 0 ? 0 : speechMs / audioMs,
      speechLevelDbfs: this.speech.dbfs,
      noiseLevelDbfs: this.noise.dbfs,
      signalToNoiseDb: this.signalToNoiseDb,
      peakDbfs: source?.peakDbfs ?? toDbfs(this.peak),
      clippingRatio:
        source?.clippingRatio ?? (this.frames === 0 ? 0 : this.clipped / (this.frames * VAD_FRAME_SAMPLES)),
      pauses: [...this.pauses],
      longestPauseMs: this.longestPauseMs,
      wordCount: this.words,
      speechRateWpm: wordsPerMinute(this.words, audioMs),
      articulationRateWpm: wordsPerMinute(this.words, speechMs),
    };
  }

  /** Speech frames contain speech and noise, so the noise is subtracted first; 0 where there is no speech or no noise. */
  private get signalToNoiseDb(): number {
    if (!this.speech.isKnown || !this.noise.isKnown) return 0;
    const noise = Math.max(this.noise.meanSquare, 1e-10);
    const signal = Math.max(this.speech.meanSquare - noise, 1e-10);
    return Math.min(MAX_SNR_DB, Math.max(0, 10 * Math.log10(signal / noise)));
  }

  private notePause(fromFrame: number, toFrame: number): void {
    const startMs = Math.round(fromFrame * VAD_FRAME_MS);
    const endMs = Math.round(toFrame * VAD_FRAME_MS);
    if (endMs - startMs < PAUSE_MS) return;
    this.longestPauseMs = Math.max(this.longestPauseMs, endMs - startMs);
    if (this.pauses.length < PAUSES_KEPT)
      this.pauses.push({ startMs: this.originMs + startMs, endMs: this.originMs + endMs });
  }
}

function wordsPerMinute(words: number, ms: number): number {
  return ms === 0 ? 0 : (words * 60_000) / ms;
}
