import type { SoundFile } from '@parlance/audio';
import { AppError } from '@parlance/errors';
import { untilClosed } from '@parlance/processes';
import { Ffmpeg, liveArguments } from './ffmpeg.js';

/** A sound file that is made while it is sent, as a browser's MediaRecorder does: decoded as its bytes come. */
export class StreamedFile {
  /** Resolves when everything was passed on.
   *  @throws AppError audio.corrupt, upstream.unavailable, and what `pass` throws */
  readonly decoded: Promise<void>;
  private readonly ffmpeg: Ffmpeg;

  /** @param pass  takes a 16 kHz WAV of one or two channels, its length open, in chunks; the next one waits for it */
  constructor(
    ffmpegPath: string,
    private readonly kind: Exclude<SoundFile, 'WAV'>,
    pass: (wav: Buffer) => Promise<void>,
  ) {
    this.ffmpeg = new Ffmpeg(ffmpegPath, liveArguments(kind));
    this.decoded = this.decode(pass);
    // Callers that await it get the fault; until one does, it must not count as unhandled.
    this.decoded.catch(() => undefined);
  }

  /** Resolves when there is room for more. */
  push(bytes: Buffer): Promise<void> {
    return this.ffmpeg.write(bytes);
  }

  /** Resolves when what was pushed has been passed on. @throws as `decoded` */
  end(): Promise<void> {
    this.ffmpeg.endInput();
    return this.decoded;
  }

  close(): void {
    this.ffmpeg.stop();
  }

  private async decode(pass: (wav: Buffer) => Promise<void>): Promise<void> {
    try {
      for await (const wav of untilClosed<Buffer>(this.ffmpeg.output)) await pass(wav);
    } catch (error) {
      this.ffmpeg.stop();
      throw error;
    }
    const exitCode = await this.ffmpeg.exited;
    if (exitCode === null)
      throw new AppError(
        'upstream.unavailable',
        'The media decoder ended before the stream did; open a new one.',
      );
    if (exitCode !== 0)
      throw new AppError('audio.corrupt', `${this.kind} was found, but cannot be decoded as it comes.`);
  }
}
