import { Injectable } from '@nestjs/common';
import { ObjectStore, type StoredObject } from '@parlance/messaging';
import { StoredBytes } from '../recordings/stored-bytes.service.js';

/** Where pictures of people are, and what they take. */
@Injectable()
export class PictureStore {
  constructor(
    private readonly objects: ObjectStore,
    private readonly stored: StoredBytes,
  ) {}

  /** In the place of the one before. @throws AppError store.unavailable */
  async put(tenant: string, account: string, content: Buffer, contentType: string): Promise<void> {
    const key = keyOf(tenant, account);
    const before = await this.objects.head(key);
    await this.objects.put(key, content, contentType);
    if (before) await this.stored.removed(key, before.bytes);
    await this.stored.added(key, content.length);
  }

  get(tenant: string, account: string): Promise<StoredObject | undefined> {
    return this.objects.get(keyOf(tenant, account));
  }

  /** Of an account, which may be gone. @throws AppError store.unavailable */
  async erase(tenant: string, account: string): Promise<void> {
    const key = keyOf(tenant, account);
    const kept = await this.objects.head(key);
    if (!kept) return;
    await this.objects.delete(key);
    await this.stored.removed(key, kept.bytes);
  }
}

function keyOf(tenant: string, account: string): string {
  return `pictures/${tenant}/${account}`;
}
