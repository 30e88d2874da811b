import type { Request } from 'express';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { AppError, clientGone } from '@parlance/errors';
import type { ByteSource } from '../../media/byte-source.js';
import type { RemoteRecording } from '../../recordings/remote-recordings.client.js';

/** Where a recording's bytes come from. */
interface Origin {
  readonly bytes: Readable;
  readonly length: number | undefined;
  /** Releases what nobody else does. */
  readonly close: () => void;
  /** The fault that stands for one of the connection. */
  readonly faultOf: (cause: unknown) => unknown;
}

/** The bytes of a recording, read as they come and hashed. */
export class RecordingBody {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  /** @throws AppError request.too_large */
  private constructor(
    private readonly origin: Origin,
    private readonly maxBytes: number,
  ) {
    if ((origin.length ?? 0) > maxBytes) throw this.tooLarge();
  }

  /** The body of a request. @throws AppError request.invalid where it is no recording; request.too_large */
  static ofRequest(request: Request, maxBytes: number): RecordingBody {
    if (request.is('multipart/form-data'))
      throw new AppError('request.invalid', 'body: is a form; send the recording itself as the body');
    const length = Number(request.headers['content-length'] ?? 0);
    const faultOf = (cause: unknown): unknown => (request.complete ? cause : clientGone());
    // The connection is still needed for the answer.
    return new RecordingBody({ bytes: request, length, close: () => undefined, faultOf }, maxBytes);
  }

  /** What a host sends. @throws AppError request.too_large */
  static ofRemote({ bytes, length }: RemoteRecording, maxBytes: number): RecordingBody {
    const faultOf = (cause: unknown): AppError =>
      new AppError('upstream.unavailable', 'The host of the recording has broken off; try again.', { cause });
    // Whoever reads sees its faults; one that nobody reads any more must not end this process by one.
    bytes.on('error', () => undefined);
    const close = (): void => void bytes.destroy();
    try {
      return new RecordingBody({ bytes, length, close, faultOf }, maxBytes);
    } catch (error) {
      close();
      throw error;
    }
  }

  /** What has not been read; one reader at a time, and another may go on where it has left.
   *  @throws AppError request.too_large, request.cancelled, upstream.unavailable */
  async *source(): ByteSource {
    // Another reader may go on, and a client's connection is still needed for the answer.
    const chunks = this.origin.bytes.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    try {
      for await (const chunk of chunks) {
        this.bytes += chunk.length;
        if (this.bytes > this.maxBytes) break;
        this.hash.update(chunk);
        yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      }
    } catch (cause) {
      throw this.origin.faultOf(cause);
    }
    if (this.bytes > this.maxBytes) throw this.tooLarge();
  }

  /** Reads what the decoder had no use for. @returns the hash of all bytes, in hexadecimal digits
   *  @throws as `source` */
  async finish(): Promise<string> {
    for await (const _ of this.source()) continue;
    return this.hash.digest('hex');
  }

  /** Nobody reads on: a host that still sends is told so. */
  close(): void {
    this.origin.close();
  }

  private tooLarge(): AppError {
    const megabytes = Math.floor(this.maxBytes / 2 ** 20);
    return new AppError('request.too_large', `A recording may have ${megabytes} MiB at most.`);
  }
}
