import { Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { MOST_IMAGE_BYTES, type SignAnswer } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import type { TenantRequest } from '../../auth/access.guard.js';
import { readAll } from '../../media/byte-source.js';
import { HeldMemory } from '../../media/held-memory.js';
import { ImageDecoder } from '../../signs/image-decoder.service.js';
import { SignReader } from '../../signs/sign-reader.service.js';
import { refuseUnknownFields } from '../request-fields.js';
import { readUploadForm } from '../upload-form.js';

/** Signs over HTTP: the form in, the letters out. */
@Injectable()
export class SignRequests {
  constructor(
    private readonly images: ImageDecoder,
    private readonly memory: HeldMemory,
    private readonly signs: SignReader,
  ) {}

  /** @throws AppError of the form, and as `SignReader.read` */
  async read(request: TenantRequest, response: Response, signal: AbortSignal): Promise<SignAnswer> {
    const { caller } = request;
    this.images.refuseIfFull(caller.tenant);
    const memory = this.memory.open(caller.tenant);
    response.once('close', memory.release);
    const form = await readUploadForm(request, {
      field: 'image',
      maxBytes: MOST_IMAGE_BYTES,
      // Held whole, so that every field is known.
      maxHeldBytes: MOST_IMAGE_BYTES + 1,
      memory,
    });
    refuseUnknownFields(form.fields, new Set());
    const image = await readAll(form.file, MOST_IMAGE_BYTES, imageTooLarge, memory);
    return this.signs.read(image, caller, signal);
  }
}

export function imageTooLarge(): AppError {
  const most = MOST_IMAGE_BYTES / 1024 ** 2;
  return new AppError('request.too_large', `An image may have ${most} MiB at most.`, { param: 'image' });
}
