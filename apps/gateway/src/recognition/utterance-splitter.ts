import { int16ToFloat, LevelMeter } from '@parlance/audio';
import { PCM_BYTES_PER_MS } from '../media/decoder.service.js';

const FRAME_MS = 20;
const FRAME_BYTES = FRAME_MS * PCM_BYTES_PER_MS;
/** Speech stands so far above the noise. */
const ABOVE_NOISE_DB = 10;
/** Nothing below is speech, however quiet the noise. */
const LEAST_SPEECH_DBFS = -50;
/** Where the noise is taken to lie before anything is known of it: speech may come at once. */
const FIRST_NOISE_DBFS = -55;
/** How fast the noise that is assumed follows what is louder: it falls at once in the gaps between words. */
const NOISE_RISE_DB = 0.03;
/** Shorter bursts are clicks. */
const LEAST_VOICED_MS = 100;
/** Longer ones are words rather than a cough. */
const CONFIRMED_MS = 400;
/** Audio before and behind what is loud: soft onsets and ends are quieter. */
const MARGIN_MS = 300;

export interface SplitterOptions {
  /** Silence that ends an utterance. */
  readonly silenceMs: number;
  readonly maxUtteranceMs: number;
}

/** Times are milliseconds of the stream. `confirmed`: it is speech rather than a cough. */
export type SplitEvent =
  | { readonly kind: 'started' | 'confirmed'; readonly atMs: number; readonly voicedMs: number }
  | { readonly kind: 'ended'; readonly startMs: number; readonly endMs: number; readonly pcm: Buffer };

/** Finds utterances by how loud a stream is: enough for a recogniser that takes them whole, where the models that tell speech from noise
 *  are away. */
export class UtteranceSplitter {
  private rest = Buffer.alloc(0);
  /** Of the utterance that is spoken; before it, those that may belong to it. */
  private frames: Buffer[] = [];
  private position = 0;
  private noiseDbfs = FIRST_NOISE_DBFS;
  private voicedMs = 0;
  private silentMs = 0;
  private speaking = false;

  constructor(private readonly options: SplitterOptions) {}

  /** @param pcm  16 kHz mono s16le */
  push(pcm: Buffer): SplitEvent[] {
    const events: SplitEvent[] = [];
    const bytes = this.rest.length === 0 ? pcm : Buffer.concat([this.rest, pcm]);
    let at = 0;
    for (; at + FRAME_BYTES <= bytes.length; at += FRAME_BYTES)
      events.push(...this.pushFrame(bytes.subarray(at, at + FRAME_BYTES)));
    this.rest = Buffer.from(bytes.subarray(at));
    return events;
  }

  /** Ends the utterance that is spoken. */
  finalize(): SplitEvent[] {
    return this.isSpeaking ? [this.end()] : [];
  }

  get isSpeaking(): boolean {
    return this.speaking;
  }

  /** Audio pushed so far. */
  get audioMs(): number {
    return this.position + Math.floor(this.rest.length / PCM_BYTES_PER_MS);
  }

  private pushFrame(frame: Buffer): SplitEvent[] {
    this.position += FRAME_MS;
    this.frames.push(frame);
    const isLoud = this.judge(frame);
    if (isLoud) {
      this.voicedMs += FRAME_MS;
      this.silentMs = 0;
    } else this.silentMs += FRAME_MS;
    return this.isSpeaking ? this.goOn(isLoud) : this.waitForSpeech();
  }

  private judge(frame: Buffer): boolean {
    const meter = new LevelMeter();
    meter.add(
      int16ToFloat(new Int16Array(frame.buffer.slice(frame.byteOffset, frame.byteOffset + frame.length))),
    );
    const level = meter.rmsDbfs;
    const isLoud = level > Math.max(this.noiseDbfs + ABOVE_NOISE_DB, LEAST_SPEECH_DBFS);
    this.noiseDbfs = Math.min(level, this.noiseDbfs + NOISE_RISE_DB);
    return isLoud;
  }

  private waitForSpeech(): SplitEvent[] {
    if (this.silentMs >= MARGIN_MS) this.voicedMs = 0;
    if (this.voicedMs >= LEAST_VOICED_MS) {
      this.speaking = true;
      return [{ kind: 'started', atMs: this.startMs, voicedMs: this.voicedMs }];
    }
    const burstMs = this.voicedMs > 0 ? this.voicedMs + this.silentMs : 0;
    const kept = (MARGIN_MS + burstMs) / FRAME_MS;
    while (this.frames.length > kept) this.frames.shift();
    return [];
  }

  private goOn(isLoud: boolean): SplitEvent[] {
    const { silenceMs, maxUtteranceMs } = this.options;
    const lengthMs = this.frames.length * FRAME_MS;
    if (this.silentMs >= silenceMs || lengthMs >= maxUtteranceMs) return [this.end()];
    const isConfirmedNow = isLoud && this.voicedMs === CONFIRMED_MS;
    return isConfirmedNow ? [{ kind: 'confirmed', atMs: this.position, voicedMs: this.voicedMs }] : [];
  }

  private get startMs(): number {
    return this.position - this.frames.length * FRAME_MS;
  }

  private end(): SplitEvent {
    const { startMs } = this;
    const spare = Math.max(0, this.silentMs - MARGIN_MS) / FRAME_MS;
    const pcm = Buffer.concat(this.frames.slice(0, this.frames.length - Math.floor(spare)));
    this.frames = [];
    this.voicedMs = 0;
    this.silentMs = 0;
    this.speaking = false;
    return { kind: 'ended', startMs, endMs: startMs + Math.floor(pcm.length / PCM_BYTES_PER_MS), pcm };
  }
}
