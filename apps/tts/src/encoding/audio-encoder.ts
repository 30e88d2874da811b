import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { wavHeader } from '#libs/audio';
import { childOutput } from '../process/child-output.js';
import { TTS_CONFIG, type TtsConfig } from '../tts.config.js';
import { OUTPUT_RATE_HZ, type Encoding } from './encodings.js';

export interface EncodedAudio {
  readonly chunks: AsyncIterable<Buffer>;
  /** Playing time so far, milliseconds; whole when the chunks have ended. */
  durationMs(): number;
}

/** Turns a voice's audio (WAV or MP3) into what was asked for, by ffmpeg. */
@Injectable()
export class AudioEncoder implements OnModuleInit {
  constructor(@Inject(TTS_CONFIG) private readonly config: TtsConfig) {}

  /** @throws Error when ffmpeg is not there: better at the start than at the first sentence */
  async onModuleInit(): Promise<void> {
    const command = this.config.PARLANCE_FFMPEG;
    try {
      await promisify(execFile)(command, ['-version'], { timeout: 5_000 });
    } catch (cause) {
      throw new Error(`${command} does not run; install it with: apt-get install ffmpeg`, { cause });
    }
  }

  /** @param speed 1 for the voice's own; the pitch stays */
  encode(
    source: AsyncIterable<Buffer>,
    encoding: Encoding,
    speed: number,
    signal: AbortSignal,
  ): EncodedAudio {
    let durationMs = 0;
    const onReport = (text: string): void => {
      for (const [, micros] of text.matchAll(/out_time_us=(\d+)/g))
        durationMs = Math.round(Number(micros) / 1_000);
    };
    const output = childOutput(this.config.PARLANCE_FFMPEG, ffmpegArguments(encoding, speed), {
      input: source,
      signal,
      onReport,
    });
    return {
      chunks: encoding.name === 'WAV' ? withWavHeader(output) : output,
      durationMs: () => durationMs,
    };
  }
}

function ffmpegArguments(encoding: Encoding, speed: number): string[] {
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-nostats', '-progress', 'pipe:3'],
    ...['-protocol_whitelist', 'pipe', '-format_whitelist', 'wav,mp3', '-i', 'pipe:0'],
    ...(speed === 1 ? [] : ['-af', tempo(speed)]),
    ...['-ac', '1', '-ar', String(OUTPUT_RATE_HZ), '-map_metadata', '-1', '-bitexact'],
    ...encoding.arguments,
    ...['-flush_packets', '1', 'pipe:1'],
  ];
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
