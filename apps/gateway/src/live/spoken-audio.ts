import {
  AudioDecoder,
  floatToPcm,
  RingBuffer,
  SOUND_FILE_HEAD_BYTES,
  soundFileIn,
  SPEECH_RATE_HZ,
  type AudioInput,
} from '@parlance/audio';
import { type ListenQuery, ENDPOINTING, type StreamingConfig } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { StreamedFile } from '../media/streamed-file.js';
import type { LiveStream } from '../recognition/live-stream.js';

const SAMPLES_PER_MS = SPEECH_RATE_HZ / 1000;
const INITIAL_SECONDS = 2;
/** Kept at most: the longest utterance and those whose finals are still to come. */
const MAX_KEPT_MS = 150_000;

const ENCODINGS = {
  linear16: 's16le',
  linear32: 'f32le',
  float32: 'f32le',
  mulaw: 'mulaw',
  alaw: 'alaw',
  wav: 'wav',
  opus: 'opus',
} as const;
/** Announced, and found by their first bytes. */
const FILES = ['ogg-opus', 'flac', 'webm'] as const;

export interface SpokenFormat extends Pick<ListenQuery, 'sample_rate' | 'channels'> {
  readonly encoding?: keyof typeof ENCODINGS | (typeof FILES)[number] | undefined;
}

/** Whoever tells a client of a fault that arises while nobody waits. */
export interface FaultReceiver {
  fail(error: unknown): void;
}

/**
 * Decodes a client's audio to 16 kHz mono s16le on its way to inference, and keeps it, where it is to be kept, until the
 * utterance it belongs to has become a turn. A client that does not say its encoding sends what its first bytes say it is: a
 * sound file, else raw samples.
 */
export class SpokenAudio {
  private readonly kept = new RingBuffer(INITIAL_SECONDS * SPEECH_RATE_HZ);
  private decoder: AudioDecoder | undefined;
  private file: StreamedFile | undefined;
  private head: Buffer = Buffer.alloc(0);
  /** One push after the other, and the end behind them. */
  private work: Promise<void> = Promise.resolve();
  private hasSound = false;
  private isClosed = false;

  /** @param keepsAudio  for `cut`
   *  @param stream  takes the decoded audio; the next frame waits for it
   *  @param client  gets a fault that arises between pushes */
  constructor(
    private readonly format: SpokenFormat,
    private readonly ffmpegPath: string,
    private readonly keepsAudio: boolean,
    private readonly stream: Pick<LiveStream, 'send'>,
    private readonly client: FaultReceiver,
  ) {}

  /** Resolves when there is room for more. @throws AppError audio.corrupt, audio.unsupported_format, upstream.unavailable */
  push(bytes: Buffer): Promise<void> {
    return this.inTurn(() => this.read(bytes));
  }

  /** Resolves when the last samples were passed on.
   *  @throws AppError audio.corrupt, audio.empty, audio.unsupported_format, upstream.unavailable */
  end(): Promise<void> {
    return this.inTurn(async () => {
      if (this.head.length > 0) await this.readHead(true);
      if (this.file) {
        await this.file.end();
        if (!this.hasSound)
          throw new AppError('audio.corrupt', 'No sound in the file can be decoded as it comes.');
        return;
      }
      if (this.decoder) await this.pass(this.decoder.end());
    });
  }

  /** s16le of [startMs, endMs) of the stream; what lies before it is released. */
  cut(startMs: number, endMs: number): Buffer {
    const [from, to] = [Math.round(startMs * SAMPLES_PER_MS), Math.round(endMs * SAMPLES_PER_MS)];
    const samples = this.kept.slice(from, to);
    this.kept.release(to);
    return floatToPcm(samples);
  }

  close(): void {
    this.isClosed = true;
    this.file?.close();
    this.decoder?.close();
    this.decoder = undefined;
  }

  private inTurn(step: () => Promise<void>): Promise<void> {
    const done = this.work.then(() => (this.isClosed ? undefined : step()));
    this.work = done.catch(() => undefined);
    return done;
  }

  private async read(bytes: Buffer): Promise<void> {
    // It may have been closed while a decoder was opened.
    if (this.isClosed) return;
    if (this.file) return this.file.push(bytes);
    if (this.decoder) return this.pass(this.decoder.push(bytes));
    this.head = this.head.length === 0 ? bytes : Buffer.concat([this.head, bytes]);
    await this.readHead(false);
  }

  /** Decides by the first bytes what they are; more are waited for where they may still become a sound file. */
  private async readHead(isWhole: boolean): Promise<void> {
    const { head, format } = this;
    const { encoding: announced = 'linear16' } = format;
    const isFile = FILES.some((name) => name === announced);
    const found = format.encoding === undefined || isFile ? soundFileIn(head) : undefined;
    if (found === 'more' && !isWhole && head.length < SOUND_FILE_HEAD_BYTES) return;
    this.head = Buffer.alloc(0);
    if (found === undefined || found === 'more' || found === 'WAV') {
      if (isFile && found !== 'WAV')
        throw new AppError('audio.corrupt', `${announced} was announced, but this is no sound file.`);
      const encoding = found === 'WAV' ? 'wav' : ENCODINGS[announced as keyof typeof ENCODINGS];
      await this.openDecoder({ encoding, sampleRateHz: format.sample_rate, channels: format.channels });
      return this.read(head);
    }
    await this.openDecoder({ encoding: 'wav', sampleRateHz: SPEECH_RATE_HZ, channels: 1 });
    if (this.isClosed) return;
    const file = new StreamedFile(this.ffmpegPath, found, async (wav) => {
      if (this.decoder) await this.pass(this.decoder.push(wav));
    });
    this.file = file;
    file.decoded.catch((error: unknown) => {
      if (!this.isClosed) this.client.fail(error);
    });
    await file.push(head);
  }

  private async openDecoder(input: AudioInput): Promise<void> {
    const decoder = await AudioDecoder.open(input);
    if (this.isClosed) decoder.close();
    else this.decoder = decoder;
  }

  private async pass(samples: Float32Array): Promise<void> {
    if (samples.length === 0) return;
    this.hasSound = true;
    if (this.keepsAudio) {
      this.kept.push(samples);
      this.kept.release(this.kept.end - MAX_KEPT_MS * SAMPLES_PER_MS);
    }
    await this.stream.send({ audio: floatToPcm(samples) });
  }
}

/** What inference is asked for by an API that leaves no choice: 16 kHz mono, interims, words, and whether what has started
 *  is speech.
 *  @param language  Whisper's code; empty: detected
 *  @param model  as inference names it; empty: its default */
export function spokenConfig(language: string, model = ''): StreamingConfig {
  return {
    mode: 'STREAMING_MODE_LIVE',
    interimResults: true,
    endpointing: {
      maxUtteranceMs: ENDPOINTING.maxUtteranceMs.usual,
      threshold: ENDPOINTING.threshold.usual,
      confirmSpeech: true,
    },
    recognition: {
      audio: { encoding: 'AUDIO_ENCODING_PCM_S16LE', sampleRateHz: 16_000, channels: 1 },
      model,
      language,
      task: 'TASK_TRANSCRIBE',
      wordTimestamps: true,
    },
  };
}

/** 16 kHz mono s16le. */
export const SPOKEN_FORMAT = { encoding: 'linear16', sample_rate: 16_000, channels: 1 } as const;
