import type { Request } from 'express';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { AppError, clientGone } from '@parlance/errors';
import type { HeldBytes } from '../../media/held-memory.js';

/** Half of the longest message to inference, whose fields need room beside the tensors. */
export const MAX_BODY_BYTES = 16 * 1024 ** 2;

const DECODERS: Readonly<Record<string, (bytes: Buffer, options: object) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
};

/**
 * The body of a request, decompressed, whatever its media type is: stock clients name none.
 * @param memory  counts the bytes while they are held
 * @throws AppError request.too_large, request.invalid, request.cancelled, inference.overloaded
 */
export async function requestBytes(request: Request, memory: HeldBytes): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const decode = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (!decode && encoding !== 'identity')
    throw new AppError('request.invalid', 'content-encoding: must be gzip, deflate or identity');
  const bytes = await readAll(request, memory);
  if (!decode || bytes.length === 0) return bytes;
  // The decoder may make as much of few bytes as a body may have.
  memory.grow(MAX_BODY_BYTES);
  try {
    return await decode(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new AppError('request.invalid', `body: is no ${encoding} data`, { cause });
  }
}

async function readAll(request: Request, memory: HeldBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // The connection is still needed for the answer, whoever stops reading.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) throw tooLarge();
      memory.grow(chunk.length);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof AppError || request.complete) throw cause;
    throw clientGone();
  }
  return Buffer.concat(chunks);
}

function tooLarge(): AppError {
  return new AppError('request.too_large', `A request may have ${MAX_BODY_BYTES / 2 ** 20} MiB at most.`);
}
