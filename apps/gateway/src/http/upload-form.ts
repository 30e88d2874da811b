import busboy from 'busboy';
import type { Request } from 'express';
import type { Readable } from 'node:stream';
import { AppError, clientGone, isAppError } from '@parlance/errors';
import type { ByteSource } from '../media/byte-source.js';
import type { HeldBytes } from '../media/held-memory.js';
import { fieldFault, fieldName, type FormFields, unknownOption } from './request-fields.js';

export interface UploadLimits {
  /** Name of the file's field. */
  readonly field: string;
  readonly maxBytes: number;
  /** Bytes of the file held back until the fields behind it are known. */
  readonly maxHeldBytes: number;
  /** Counts them among what all requests hold. */
  readonly memory: HeldBytes;
}

/** A multipart form with one file, read as it arrives. */
export interface UploadForm {
  /** Grows until `complete`. */
  readonly fields: FormFields;
  readonly file: ByteSource;
  /** Resolves when the whole form has been read. */
  readonly complete: Promise<void>;
  /** Whether the form was complete when it was returned. */
  readonly isWhole: boolean;
}

/**
 * Reads a form up to where its fields are known: clients send fields before and behind the file, so the file waits for
 * the form's end as long as it fits `maxHeldBytes`; a larger one streams from there on.
 * @throws AppError request.invalid, request.too_large, request.cancelled, inference.overloaded
 */
export async function readUploadForm(request: Request, limits: UploadLimits): Promise<UploadForm> {
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBytes + 65_536) throw tooLarge(limits);
  const fields = new Map<string, string[]>();
  const parser = openParser(request, limits);
  let file: Readable | undefined;
  let arrived: () => void = () => undefined;
  const fileArrived = new Promise<void>((resolve) => (arrived = resolve));
  let fail: (fault: AppError) => void = () => undefined;
  const complete = new Promise<void>((resolve, reject) => {
    parser.once('close', resolve);
    fail = (fault) => {
      reject(fault);
      if (file && !file.readableEnded) file.destroy(fault);
      request.unpipe(parser);
      parser.destroy();
    };
    // Whoever still waits for the file once the request is answered would wait for ever.
    request.res?.once('close', () => fail(new AppError('request.cancelled', 'The request is answered.')));
  });
  complete.catch(() => undefined);
  // A form may have several faults, and a destroyed parser one more: all are caught, the first is reported.
  parser.on('error', (cause) => fail(malformed(cause)));
  parser.on('fieldsLimit', () => fail(new AppError('request.invalid', 'The form has too many fields.')));
  // The names are missing where a part has none, whatever their types say.
  parser.on('field', (name: string | undefined, value, { valueTruncated }) => {
    if (!name) return fail(malformed());
    if (valueTruncated) return fail(fieldFault(name, 'is too long.'));
    const key = fieldName(name);
    fields.set(key, [...(fields.get(key) ?? []), value]);
  });
  parser.on('file', (name: string | undefined, content) => {
    content.on('error', () => undefined);
    if (name !== limits.field || file) {
      content.resume();
      return fail(name ? refusedFile(name, limits) : malformed());
    }
    file = content;
    content.once('limit', () => content.destroy(tooLarge(limits)));
    arrived();
  });
  for (const end of ['aborted', 'error', 'close'] as const) {
    request.on(end, () => {
      if (!request.complete) fail(clientGone());
    });
  }
  request.pipe(parser);
  await Promise.race([fileArrived, complete]);
  if (!file) throw missingFile(limits);
  return hold(file, fields, complete, limits);
}

async function hold(
  file: Readable,
  fields: FormFields,
  complete: Promise<void>,
  limits: UploadLimits,
): Promise<UploadForm> {
  const chunks = file[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const read = (): Promise<IteratorResult<Buffer>> =>
    chunks.next().catch((error: unknown) => {
      throw isAppError(error) ? error : malformed(error);
    });
  const held: Buffer[] = [];
  let bytes = 0;
  let isWhole = false;
  while (!isWhole && bytes < limits.maxHeldBytes) {
    const next = await read();
    if (next.done) {
      await complete;
      isWhole = true;
    } else {
      limits.memory.grow(next.value.length);
      held.push(next.value);
      bytes += next.value.length;
    }
  }
  async function* all(): AsyncGenerator<Buffer> {
    for (let chunk = held.shift(); chunk; chunk = held.shift()) {
      limits.memory.shrink(chunk.length);
      yield chunk;
    }
    if (isWhole) return;
    for (let next = await read(); !next.done; next = await read()) yield next.value;
  }
  return { fields, file: all(), complete, isWhole };
}

function openParser(request: Request, limits: UploadLimits): busboy.Busboy {
  try {
    return busboy({
      headers: request.headers,
      limits: { fileSize: limits.maxBytes, files: 4, fields: 64, fieldSize: 65_536, fieldNameSize: 256 },
    });
  } catch (cause) {
    throw new AppError('request.invalid', 'Send the file as multipart/form-data.', { cause });
  }
}

function tooLarge(limits: UploadLimits): AppError {
  const megabytes = Math.floor(limits.maxBytes / 2 ** 20);
  return new AppError('request.too_large', `A file may have ${megabytes} MiB at most.`, {
    param: limits.field,
  });
}

function missingFile({ field }: UploadLimits): AppError {
  return new AppError('request.invalid', `The form has no file named "${field}".`, { param: field });
}

function refusedFile(name: string, { field }: UploadLimits): AppError {
  if (name === field) return fieldFault(field, 'the form may have one file.');
  const text = `${unknownOption(name)}; the file's name is ${field}.`;
  return new AppError('request.invalid', text, { param: name });
}

function malformed(cause?: unknown): AppError {
  return new AppError('request.invalid', 'The form is not well-formed multipart/form-data.', { cause });
}
