import { z } from 'zod';
import {
  floatToPcm,
  MAX_SAMPLE_RATE_HZ,
  MIN_SAMPLE_RATE_HZ,
  Mixdown,
  Resampler,
  SampleReader,
  SPEECH_RATE_HZ,
  type SampleFormat,
} from '@parlance/audio';
import { AppError } from '@parlance/errors';

/** Samples as a client announces them. */
export interface WyomingAudioFormat {
  readonly rate: number;
  /** Bytes of a sample. */
  readonly width: number;
  readonly channels: number;
}

const formatSchema = z.object({ rate: z.number(), width: z.number(), channels: z.number() });

/** The widths of PCM: unsigned where it is one byte, as in WAV files. */
const SAMPLE_FORMATS: Readonly<Record<number, SampleFormat>> = {
  1: 'u8',
  2: 's16le',
  3: 's24le',
  4: 's32le',
};
const MOST_CHANNELS = 8;

/** @throws AppError request.invalid, audio.unsupported_format naming what is not there */
export function wyomingAudioFormat(data: Readonly<Record<string, unknown>>): WyomingAudioFormat {
  const parsed = formatSchema.safeParse(data);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new AppError('request.invalid', `${path.join('.')}: ${message}`);
  }
  const { rate, width, channels } = parsed.data;
  if (!Number.isInteger(rate) || rate < MIN_SAMPLE_RATE_HZ || rate > MAX_SAMPLE_RATE_HZ)
    throw unsupported(`rate: ${rate} is not within ${MIN_SAMPLE_RATE_HZ} and ${MAX_SAMPLE_RATE_HZ} Hz`);
  if (!Object.hasOwn(SAMPLE_FORMATS, width)) throw unsupported(`width: ${width} is not 1, 2, 3 or 4 bytes`);
  if (!Number.isInteger(channels) || channels < 1 || channels > MOST_CHANNELS)
    throw unsupported(`channels: ${channels} is not 1 to ${MOST_CHANNELS}`);
  return parsed.data;
}

/** A client's samples, cut anywhere, as recognition reads them: 16 kHz mono s16le. */
export class WyomingAudio {
  private readonly reader: SampleReader;
  private readonly mixdown: Mixdown;
  private readonly resampler: Resampler | undefined;
  private bytes = 0;

  constructor(
    readonly format: WyomingAudioFormat,
    /** Longest audio, milliseconds. */
    private readonly longestMs: number,
  ) {
    const { rate, width, channels } = format;
    this.reader = new SampleReader(SAMPLE_FORMATS[width]!, channels);
    this.mixdown = new Mixdown(channels, rate);
    if (rate !== SPEECH_RATE_HZ) this.resampler = new Resampler(rate, SPEECH_RATE_HZ);
  }

  /** @throws AppError audio.too_long */
  push(payload: Buffer): Buffer {
    const { rate, width, channels } = this.format;
    this.bytes += payload.length;
    if ((this.bytes / (rate * width * channels)) * 1_000 > this.longestMs)
      throw new AppError('audio.too_long', `The audio is longer than ${this.longestMs / 1_000} s.`);
    const mono = this.mixdown.push(this.reader.read(payload));
    return floatToPcm(this.resampler?.push(mono) ?? mono);
  }

  /** The last samples; nothing may be pushed afterwards. */
  end(): Buffer {
    return floatToPcm(this.resampler?.end() ?? new Float32Array(0));
  }
}

/** Mono s16le at one rate as the same at another; without a change of the rate the bytes pass as they are, in whole samples. */
export class WyomingSpeechRate {
  private readonly reader = new SampleReader('s16le', 1);
  private readonly resampler: Resampler | undefined;

  constructor(fromHz: number, toHz: number) {
    if (fromHz !== toHz) this.resampler = new Resampler(fromHz, toHz);
  }

  push(pcm: Uint8Array): Buffer {
    const samples = this.reader.read(pcm);
    return floatToPcm(this.resampler?.push(samples) ?? samples);
  }

  end(): Buffer {
    return floatToPcm(this.resampler?.end() ?? new Float32Array(0));
  }
}

function unsupported(text: string): AppError {
  return new AppError('audio.unsupported_format', `${text}.`);
}
