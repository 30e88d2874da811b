import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { fileTypeFromBuffer } from 'file-type';
import { AppError, clientGone, isAppError } from '@parlance/errors';
import type { StoredObject } from '@parlance/messaging';
import { AccountRepository } from '@parlance/persistence';
import type { Caller } from '../auth/caller.js';
import { PICTURE_TYPES } from '../http/people-openapi.js';
import type { QuotaSubject } from '../quotas/quota-subject.js';
import { Quotas } from '../quotas/quotas.service.js';
import { PICTURE_ROUTE, LogIns } from './log-ins.service.js';
import { PictureStore } from './picture-store.service.js';

export const MOST_PICTURE_BYTES = 1024 ** 2;

/** Pictures of people, in the object store; what one is, its first bytes say. */
@Injectable()
export class ProfilePictures {
  constructor(
    private readonly accounts: AccountRepository,
    private readonly logIns: LogIns,
    private readonly pictures: PictureStore,
    private readonly quotas: Quotas,
  ) {}

  /** @throws AppError request.invalid, request.too_large, picture.unsupported_format, quota.storage_exceeded, account.not_found */
  async put(caller: Caller, usedBy: QuotaSubject, content: Readable, announcedBytes = 0) {
    if (announcedBytes > MOST_PICTURE_BYTES) throw tooLarge();
    const { tenant, id } = await this.logIns.accountOf(caller);
    await this.quotas.require(usedBy, ['storage']);
    const bytes = await readAll(content);
    // A file that breaks the parser is none of these.
    const kind = await fileTypeFromBuffer(bytes).catch(() => undefined);
    const contentType = PICTURE_TYPES.find((type) => type === kind?.mime);
    if (!contentType)
      throw new AppError('picture.unsupported_format', 'A picture is a PNG, JPEG or WebP file.');
    await this.pictures.put(tenant, id, bytes, contentType);
    await this.accounts.setPictureType(tenant, id, contentType);
    // Who was erased while the file came leaves none.
    if (!(await this.accounts.find(tenant, id))) {
      await this.pictures.erase(tenant, id);
      throw new AppError('account.not_found', 'There is no such account.');
    }
    return { url: `/${PICTURE_ROUTE}`, contentType, bytes: bytes.length };
  }

  /** @throws AppError picture.not_found */
  async open(caller: Caller): Promise<StoredObject & { readonly contentType: string }> {
    const { tenant, id, pictureType } = await this.logIns.accountOf(caller);
    const stored = pictureType === undefined ? undefined : await this.pictures.get(tenant, id);
    if (!stored || pictureType === undefined)
      throw new AppError('picture.not_found', 'There is no picture of this account.');
    return { ...stored, contentType: pictureType };
  }

  /** Removes the caller's picture; that there is none is no fault. */
  async remove(caller: Caller): Promise<void> {
    const { tenant, id } = await this.logIns.accountOf(caller);
    await this.pictures.erase(tenant, id);
    await this.accounts.setPictureType(tenant, id, undefined);
  }
}

async function readAll(content: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    // What is left of a picture that is too large is the filter's: the client still reads its answer.
    for await (const chunk of content.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MOST_PICTURE_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    throw isAppError(error) ? error : clientGone();
  }
  if (bytes === 0) throw new AppError('request.invalid', 'Send the picture as the body of the request.');
  return Buffer.concat(chunks);
}

function tooLarge(): AppError {
  return new AppError('request.too_large', 'A picture may have 1 MiB at most.');
}
