import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { wavHeader } from '@parlance/audio';
import { AppError } from '@parlance/errors';
import { programOutput, runProgram, StandbyPrograms } from '@parlance/processes';
import { SPEECH_UNAVAILABLE, type EngineAudio } from '../engines/speech-synthesizer.js';
import { TTS_CONFIG, type TtsConfig } from '../tts.config.js';
import { OUTPUT_RATE_HZ, type Encoding } from './encodings.js';
import { mp3LengthMs } from './mp3-length.js';

export interface EncodedAudio {
  readonly chunks: AsyncIterable<Buffer>;
  /** Playing time so far, milliseconds; whole when the chunks have ended. */
  durationMs(): number;
  /** Silence in front that encoding has added. */
  readonly delayMs: number;
}

const BYTES_PER_SAMPLE = 2;

/** Turns a voice's audio into what was asked for: by ffmpeg, except where it is already what is wanted. */
@Injectable()
export class AudioEncoder implements OnModuleInit, OnApplicationShutdown {
  private readonly standby = new StandbyPrograms();

  constructor(@Inject(TTS_CONFIG) private readonly config: Pick<TtsConfig, 'programs'>) {}

  /** @throws Error when ffmpeg is not there: better at the start than at the first sentence */
  async onModuleInit(): Promise<void> {
    await runProgram(this.config.programs.ffmpeg, ['-version'], 'ffmpeg');
  }

  onApplicationShutdown(): void {
    this.standby.close();
  }

  /** The pitch stays as it is at every speed. */
  encode(source: EngineAudio, encoding: Encoding, signal: AbortSignal): EncodedAudio {
    const isRaw = encoding.name === 'WAV' || encoding.name === 'PCM_S16LE';
    const isAsIs = source.speed === 1;
    const encoded =
      isAsIs && isRaw && source.sampleRateHz === OUTPUT_RATE_HZ
        ? counted(source.chunks)
        : isAsIs && encoding.name === 'MP3' && source.isMp3
          ? countedMp3(source.chunks)
          : this.byFfmpeg(source, encoding, signal);
    return encoding.name === 'WAV' ? { ...encoded, chunks: withWavHeader(encoded.chunks) } : encoded;
  }

  private byFfmpeg(source: EngineAudio, encoding: Encoding, signal: AbortSignal): EncodedAudio {
    let durationMs = 0;
    const onReport = (text: string): void => {
      for (const [, micros] of text.matchAll(/out_time_us=(\d+)/g))
        durationMs = Math.round(Number(micros) / 1_000);
    };
    const chunks = programOutput(this.config.programs.ffmpeg, ffmpegArguments(source, encoding), {
      unavailable: SPEECH_UNAVAILABLE,
      input: source.chunks,
      signal,
      onReport,
      standby: this.standby,
    });
    return { chunks, durationMs: () => durationMs, delayMs: encoding.delayMs };
  }
}

function counted(samples: AsyncIterable<Buffer>): EncodedAudio {
  let bytes = 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of samples) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  const durationMs = (): number => Math.round((bytes / BYTES_PER_SAMPLE / OUTPUT_RATE_HZ) * 1_000);
  return { chunks: chunks(), durationMs, delayMs: 0 };
}

/** An engine's own MP3, each chunk a whole file: as the joined sentences of a reply, they may simply follow each other. */
function countedMp3(files: AsyncIterable<Buffer>): EncodedAudio {
  let ms = 0;
  const chunks = async function* (): AsyncGenerator<Buffer> {
    for await (const file of files) {
      const length = mp3LengthMs(file);
      if (length === 0) throw new AppError('upstream.unavailable', SPEECH_UNAVAILABLE);
      ms += length;
      yield file;
    }
  };
  return { chunks: chunks(), durationMs: () => Math.round(ms), delayMs: 0 };
}

function ffmpegArguments({ sampleRateHz, speed }: EngineAudio, encoding: Encoding): string[] {
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-nostats', '-progress', 'pipe:3'],
    ...['-protocol_whitelist', 'pipe', ...inputArguments(sampleRateHz), '-i', 'pipe:0'],
    ...(speed === 1 ? [] : ['-af', tempo(speed)]),
    ...['-ac', '1', '-ar', String(OUTPUT_RATE_HZ), '-map_metadata', '-1', '-bitexact'],
    ...encoding.arguments,
    ...['-flush_packets', '1', 'pipe:1'],
  ];
}

/** Raw samples need no look at them first: the first sound comes out as soon as it goes in. */
function inputArguments(sampleRateHz: number | undefined): string[] {
  if (sampleRateHz === undefined) return ['-format_whitelist', 'wav,mp3'];
  const raw = ['-f', 's16le', '-ar', String(sampleRateHz), '-ac', '1'];
  return ['-probesize', '32', '-analyzeduration', '0', ...raw];
}

/** One atempo filter goes no slower than half. */
function tempo(speed: number): string {
  return speed >= 0.5 ? `atempo=${speed}` : `atempo=0.5,atempo=${speed / 0.5}`;
}

/** A WAV file says its length in front, so that it can only be sent whole. */
async function* withWavHeader(pcm: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of pcm) parts.push(part);
  yield wavHeader(
    OUTPUT_RATE_HZ,
    1,
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  yield* parts;
}
