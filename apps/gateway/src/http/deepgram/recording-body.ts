import type { Request } from 'express';
import { createHash } from 'node:crypto';
import { AppError, clientGone } from '@parlance/errors';
import type { ByteSource } from '../../media/byte-source.js';

/** The bytes of a request whose body is a recording, read as they come and hashed. */
export class RecordingBody {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  /** @throws AppError request.invalid where the body is no recording; request.too_large */
  constructor(
    private readonly request: Request,
    private readonly maxBytes: number,
  ) {
    if (request.is('application/json'))
      throw new AppError('request.invalid', 'url: is no option here; send the recording itself as the body');
    if (request.is('multipart/form-data'))
      throw new AppError('request.invalid', 'body: is a form; send the recording itself as the body');
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw this.tooLarge();
  }

  /** What has not been read; one reader at a time, and another may go on where it has left.
   *  @throws AppError request.too_large, request.cancelled */
  async *source(): ByteSource {
    // The connection is still needed for the answer, whoever stops reading.
    const chunks = this.request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    try {
      for await (const chunk of chunks) {
        this.bytes += chunk.length;
        if (this.bytes > this.maxBytes) break;
        this.hash.update(chunk);
        yield chunk;
      }
    } catch (cause) {
      throw this.request.complete ? cause : clientGone();
    }
    if (this.bytes > this.maxBytes) throw this.tooLarge();
  }

  /** Reads what the decoder had no use for. @returns the hash of all bytes, in hexadecimal digits
   *  @throws as `source` */
  async finish(): Promise<string> {
    for await (const _ of this.source()) continue;
    return this.hash.digest('hex');
  }

  private tooLarge(): AppError {
    const megabytes = Math.floor(this.maxBytes / 2 ** 20);
    return new AppError('request.too_large', `A recording may have ${megabytes} MiB at most.`);
  }
}
