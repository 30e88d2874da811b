import { Inject, Injectable } from '@nestjs/common';
import { MIN_SAMPLE_RATE_HZ, type WavHeader } from '@parlance/audio';
import { AppError, cancelled } from '@parlance/errors';
import { Bulkhead } from '@parlance/resilience';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { findAudioTrack } from './audio-track.js';
import { sourceOf, peek, readAll, type ByteSource } from './byte-source.js';
import { sniffContainer, type Container } from './container.js';
import { decodeArguments, Ffmpeg } from './ffmpeg.js';
import { HeldMemory, type HeldBytes } from './held-memory.js';
import { hasIndexFirst, withIndexFirst } from './mp4-index.js';
import { claimedRateHz, plainWavHeader, plainWavSamples } from './plain-wav.js';
import { timedPcm } from './timed-pcm.js';

/** Bytes of a millisecond of 16 kHz mono s16le. */
export const PCM_BYTES_PER_MS = 32;
const HEAD_BYTES = 8_192;
/** A file's list of tracks is looked for so far; behind it the first track is taken. */
const MAX_HEAD_BYTES = 16 * 2 ** 20;

/** Any recording ffmpeg reads → 16 kHz mono s16le, as it arrives: nothing touches the disk. */
@Injectable()
export class DecoderService {
  private readonly limits: GatewayConfig['decoder'];
  private readonly slots: Bulkhead;

  /** @param memory counts what is held for all recordings */
  constructor(
    @Inject(GATEWAY_CONFIG) { decoder }: Pick<GatewayConfig, 'decoder'>,
    private readonly memory: HeldMemory,
  ) {
    this.limits = decoder;
    this.slots = new Bulkhead({
      limit: decoder.concurrency,
      queue: decoder.queue,
      refusal: 'inference.overloaded',
      message: 'Too many recordings are being read at the same time.',
    });
  }

  /** Refuses a recording for which `decode` would have no slot, before it is read. @throws AppError inference.overloaded */
  refuseIfFull(tenant: string): void {
    this.slots.refuseIfFull(tenant);
  }

  /**
   * @param tenant  whose recording it is: tenants share the slots fairly
   * @yields whole samples, at the pace they are taken; leaving early stops the work
   * @throws AppError audio.empty, audio.unsupported_format, audio.corrupt, audio.too_long, request.too_large,
   *   request.cancelled, inference.overloaded, and whatever `upload` throws
   */
  async *decode(upload: ByteSource, signal: AbortSignal, tenant = ''): AsyncGenerator<Buffer> {
    const release = await this.slots.acquire(signal, tenant);
    // Whoever sends one at a time does not wait for the processors that another tenant's many would take.
    const yieldsProcessors = this.slots.activeOf(tenant) > 1;
    const held = this.memory.open(tenant);
    try {
      const { head, all } = await peek(upload, HEAD_BYTES);
      if (head.length === 0) throw new AppError('audio.empty', 'The file is empty.');
      const container = sniffContainer(head);
      if (container === 'wav') refuseSlow(claimedRateHz(head));
      const plain = container === 'wav' ? plainWavHeader(head) : undefined;
      if (plain) yield* this.pass(all, plain);
      else {
        const file = await this.pipeable(all, head, container, held);
        yield* this.convert(file, container, { signal, yieldsProcessors });
      }
    } finally {
      held.release();
      release();
    }
  }

  /** What needs no conversion goes through as it is. */
  private async *pass(file: ByteSource, header: WavHeader): AsyncGenerator<Buffer> {
    this.refuseLong((header.dataBytes ?? 0) / PCM_BYTES_PER_MS);
    let bytes = 0;
    for await (const chunk of wholeSamples(plainWavSamples(file, header))) {
      bytes += chunk.length;
      this.refuseLong(bytes / PCM_BYTES_PER_MS);
      yield chunk;
    }
    if (bytes === 0) throw new AppError('audio.empty', 'The file holds no sound.');
  }

  /** The same recording in an order a pipe can be read in. */
  private async pipeable(
    upload: ByteSource,
    head: Buffer,
    container: Container,
    held: HeldBytes,
  ): Promise<ByteSource> {
    if (container !== 'mp4' || hasIndexFirst(head)) return upload;
    const megabytes = Math.floor(this.limits.maxHeldBytes / 2 ** 20);
    const tooLarge = () =>
      new AppError(
        'request.too_large',
        `An MP4 file whose index stands at its end may have ${megabytes} MiB; save it for streaming (faststart) or send its sound alone.`,
      );
    const slices = withIndexFirst(await readAll(upload, this.limits.maxHeldBytes, tooLarge, held));
    if (!slices) throw new AppError('audio.corrupt', 'The file ends before its index; it cannot be read.');
    return sourceOf(slices);
  }

  private async *convert(
    file: ByteSource,
    container: Container,
    { signal, yieldsProcessors }: { readonly signal: AbortSignal; readonly yieldsProcessors: boolean },
  ): AsyncGenerator<Buffer> {
    const { source, track } = await withAudioTrack(file, container);
    if (signal.aborted) throw cancelled();
    const ffmpeg = new Ffmpeg(this.limits.ffmpegPath, decodeArguments(container, track), {
      readsPackets: true,
      yieldsProcessors,
    });
    const stop = (): void => ffmpeg.stop();
    signal.addEventListener('abort', stop, { once: true });
    let inputFault: unknown;
    const written = ffmpeg.writeAll(source, true).catch((error: unknown) => {
      inputFault = error;
      ffmpeg.stop();
    });
    try {
      let bytes = 0;
      for await (const chunk of timedPcm(ffmpeg, (durationMs) => this.refuseLong(durationMs))) {
        if (bytes === 0) this.refuseLong(ffmpeg.claimedDurationMs ?? 0);
        refuseSlow(ffmpeg.lowestRateHz);
        bytes += chunk.length;
        this.refuseLong(bytes / PCM_BYTES_PER_MS);
        yield chunk;
      }
      const exitCode = await ffmpeg.exited;
      if (signal.aborted) throw cancelled();
      if (inputFault) throw inputFault;
      // Of a short recording the sound may come before what is said of it.
      refuseSlow(ffmpeg.lowestRateHz);
      if (exitCode === null)
        throw new AppError(
          'upstream.unavailable',
          'The media decoder ended before the file did; send it again.',
        );
      if (bytes === 0) throw noSoundFault(ffmpeg, container, exitCode);
      if (exitCode !== 0)
        throw new AppError('audio.corrupt', 'The file is damaged: only a part could be read.');
      // What follows the sound in the upload is read too: form fields may come behind the file.
      await written;
      if (inputFault) throw inputFault;
    } catch (error) {
      throw inputFault ?? error;
    } finally {
      signal.removeEventListener('abort', stop);
      ffmpeg.stop();
    }
  }

  private refuseLong(durationMs: number): void {
    if (durationMs <= this.limits.maxDurationMs) return;
    const minutes = Math.floor(this.limits.maxDurationMs / 60_000);
    throw new AppError('audio.too_long', `The recording is longer than ${minutes} minutes.`);
  }
}

/** A second of such a recording has few bytes and costs as much to recognise as any other; live speech has the same limit. */
function refuseSlow(rateHz: number | undefined): void {
  if (rateHz !== undefined && rateHz < MIN_SAMPLE_RATE_HZ)
    throw new AppError(
      'audio.unsupported_format',
      `The recording is sampled at ${rateHz} Hz; ${MIN_SAMPLE_RATE_HZ} Hz is the least.`,
    );
}

function noSoundFault(ffmpeg: Ffmpeg, container: Container, exitCode: number | null): AppError {
  if (ffmpeg.foundNoSound) return new AppError('audio.empty', 'The file has no sound in it.');
  if (container === 'unknown') {
    return new AppError('audio.unsupported_format', 'The file is not audio or video we can read.');
  }
  return exitCode === 0
    ? new AppError('audio.empty', 'The file holds no sound.')
    : new AppError('audio.corrupt', 'The file is damaged: no sound could be read from it.');
}

/** The file, and which of its audio tracks is to be decoded. */
async function withAudioTrack(
  file: ByteSource,
  container: Container,
): Promise<{ readonly source: ByteSource; readonly track: number }> {
  let asked = HEAD_BYTES;
  for (let source = file; ;) {
    const { head, all } = await peek(source, asked);
    source = all;
    const found = findAudioTrack(head, container);
    if ('track' in found) return { source, track: found.track };
    if (found.neededBytes > MAX_HEAD_BYTES || head.length < asked) return { source, track: 0 };
    asked = found.neededBytes;
  }
}

/** Chunks cut at sample boundaries. */
export async function* wholeSamples(output: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let half: Buffer | undefined;
  for await (const bytes of output) {
    const joined: Buffer = half ? Buffer.concat([half, bytes]) : bytes;
    const even = joined.length - (joined.length % 2);
    half = even === joined.length ? undefined : joined.subarray(even);
    if (even > 0) yield joined.subarray(0, even);
  }
}
