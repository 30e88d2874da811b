import { AppError } from '@parlance/errors';
import { LevelMeter } from './level-meter.js';
import { Mixdown } from './mixdown.js';
import { OpusReader } from './opus-reader.js';
import { Resampler } from './resampler.js';
import { SampleReader } from './sample-reader.js';
import { soundFileIn } from './sound-file.js';
import { checkSampleRate } from './wav-header.js';
import { WavReader } from './wav-reader.js';

/** Bytes decoded at a stretch: a few milliseconds of work, so that nothing else waits for long. */
const CHUNK_BYTES = 16 * 1024;

/** The rate all recognition works at. */
export const SPEECH_RATE_HZ = 16000;

export interface AudioInput {
  readonly encoding: 's16le' | 'f32le' | 'mulaw' | 'alaw' | 'wav' | 'opus';
  /** Ignored for wav and opus. */
  readonly sampleRateHz: number;
  /** Raw PCM only. */
  readonly channels: number;
}

interface Source {
  readonly sampleRateHz: number;
  readonly channels: number;
}

/** Turns a stream of bytes in a client's format into mono samples at 16 kHz, metering the level as it was sent. */
export class AudioDecoder {
  /** Level of the samples as they came, before mix-down and resampling. */
  readonly level = new LevelMeter();
  private mixdown: Mixdown | undefined;
  private resampler: Resampler | undefined;
  private source: Source | undefined;
  private bytes = 0;

  private constructor(
    private readonly read: (bytes: Uint8Array) => Float32Array,
    private readonly sourceOf: () => Source | undefined,
    private readonly finish: () => void,
    private readonly release: () => void,
    /** What was announced, where the bytes themselves could not say so. */
    private readonly announced?: 'Opus packets' | 'Raw samples',
  ) {}

  /** @throws AppError audio.unsupported_format */
  static async open(input: AudioInput): Promise<AudioDecoder> {
    const nothing = (): void => undefined;
    if (input.encoding === 'wav') {
      const wav = new WavReader();
      return new AudioDecoder(
        (bytes) => wav.push(bytes),
        () => wav.format,
        () => wav.end(),
        nothing,
      );
    }
    if (input.encoding === 'opus') {
      const opus = await OpusReader.open();
      const source = { sampleRateHz: OpusReader.SAMPLE_RATE_HZ, channels: OpusReader.CHANNELS };
      return new AudioDecoder(
        (bytes) => opus.push(bytes),
        () => source,
        nothing,
        () => opus.close(),
        'Opus packets',
      );
    }
    checkSampleRate(input.sampleRateHz);
    if (input.channels !== 1 && input.channels !== 2)
      throw new AppError('audio.unsupported_format', 'Raw audio must have one or two channels.');
    const reader = new SampleReader(input.encoding, input.channels);
    return new AudioDecoder(
      (bytes) => reader.read(bytes),
      () => input,
      nothing,
      nothing,
      'Raw samples',
    );
  }

  /**
   * Samples ready after `bytes`; the resampler holds back a few milliseconds until more come.
   * @throws AppError audio.unsupported_format, audio.corrupt
   */
  push(bytes: Uint8Array): Float32Array {
    if (this.bytes === 0 && this.announced) refuseFile(bytes, this.announced);
    this.bytes += bytes.length;
    const interleaved = this.read(bytes);
    this.source ??= this.sourceOf();
    if (!this.source) return interleaved;
    this.level.add(interleaved);
    this.mixdown ??= new Mixdown(this.source.channels, this.source.sampleRateHz);
    const mono = this.mixdown.push(interleaved);
    if (this.source.sampleRateHz === SPEECH_RATE_HZ) return mono;
    this.resampler ??= new Resampler(this.source.sampleRateHz, SPEECH_RATE_HZ);
    return this.resampler.push(mono);
  }

  /**
   * As `push`, in frames of bounded length; Opus packets stay whole.
   * @throws AppError audio.unsupported_format, audio.corrupt
   */
  *frames(bytes: Uint8Array): Generator<Float32Array> {
    const step = this.announced === 'Opus packets' ? bytes.length : CHUNK_BYTES;
    for (let at = 0; at < bytes.length; at += step) {
      const samples = this.push(bytes.subarray(at, at + step));
      if (samples.length > 0) yield samples;
    }
  }

  /**
   * All samples of a whole input, in frames as they are ready.
   * @throws as `frames` and `end`, and whatever `chunks` throws
   */
  async *decode(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Float32Array> {
    for await (const chunk of chunks) yield* this.frames(chunk);
    yield this.end();
  }

  /**
   * The last samples; nothing may be pushed afterwards.
   * @throws AppError audio.corrupt where a file ends within its header; audio.empty where an announced file never came
   */
  end(): Float32Array {
    this.finish();
    return this.resampler?.end() ?? new Float32Array(0);
  }

  close(): void {
    this.release();
  }
}

/** A file in place of what was announced would be decoded to noise. @throws AppError audio.corrupt */
function refuseFile(head: Uint8Array, announced: string): void {
  const found = soundFileIn(head);
  if (found === undefined || found === 'more') return;
  throw new AppError('audio.corrupt', `${announced} were announced, but this is a file: ${found}.`);
}
