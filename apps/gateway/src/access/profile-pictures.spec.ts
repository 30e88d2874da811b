import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { ObjectStore } from '@parlance/messaging';
import { ALL_DAYS, UsageLedger, type AccountRepository, type SessionRepository } from '@parlance/persistence';
import { PIXEL } from '../../../../test/support/people-calls.js';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { UsageRows } from '../../../../test/support/usage-rows.js';
import type { Caller } from '../auth/caller.js';
import { StoredBytes } from '../recordings/stored-bytes.service.js';
import { TenantSlots } from '../auth/tenant-slots.service.js';
import type { StorageLevels } from '../recordings/storage-levels.service.js';
import type { QuotaLimits } from '../quotas/quota-limits.service.js';
import { Quotas } from '../quotas/quotas.service.js';
import type { LogIns } from './log-ins.service.js';
import { PictureStore } from './picture-store.service.js';
import { ProfilePictures } from './profile-pictures.service.js';

const ADA: Caller = { tenant: 'acme', user: 'ada', role: 'learner' };
const LIMIT = 200;
/** A PNG of some size: what is behind the image is not looked at. */
const picture = (bytes: number) => Buffer.concat([PIXEL, Buffer.alloc(bytes - PIXEL.length)]);

let objects: Map<string, Buffer>;
let accounts: Map<string, { pictureType?: string | undefined }>;
let ledger: UsageLedger;
let pictures: ProfilePictures;
beforeEach(() => {
  objects = new Map();
  accounts = new Map([['ada', {}]]);
  const store = {
    head: async (key: string) => (objects.has(key) ? { bytes: objects.get(key)!.length } : undefined),
    put: async (key: string, content: Buffer) => void objects.set(key, content),
    delete: async (key: string) => void objects.delete(key),
  } as unknown as ObjectStore;
  ledger = new UsageLedger(new UsageRows().repository, { intervalMs: 1_000 }, silentLogger);
  const limits = {
    of: async () => [
      { scope: 'tenant', id: '', limits: {} },
      { scope: 'learner', id: 'ada', limits: { storageBytes: LIMIT } },
    ],
  } as unknown as QuotaLimits;
  const levels = { checkLearner: () => undefined } as unknown as StorageLevels;
  const slots = new TenantSlots({ tenants: { keys: [], managing: undefined, maxOpenRequests: 10 } });
  const repository = {
    find: async (_: string, id: string) => accounts.get(id),
    setPictureType: async (_: string, id: string, pictureType: string | undefined) => {
      if (accounts.has(id)) accounts.set(id, { pictureType });
    },
  } as unknown as AccountRepository;
  pictures = new ProfilePictures(
    repository,
    { accountOf: async () => ({ tenant: 'acme', id: 'ada' }) } as unknown as LogIns,
    new PictureStore(store, new StoredBytes(ledger, {} as SessionRepository, silentLogger)),
    new Quotas(limits, slots, ledger, levels),
  );
});

const put = (content: Readable) => pictures.put(ADA, ADA, content);
/** What is counted as kept, of the tenant and of the learner. */
const levels = () =>
  (
    [
      ['tenant', ''],
      ['learner', 'ada'],
    ] as const
  ).map(([scope, id]) => {
    const { storedBytes = 0, deletedBytes = 0 } = ledger.used({ tenant: 'acme', scope, id, day: ALL_DAYS });
    return storedBytes - deletedBytes;
  });

describe('the space that a picture takes', () => {
  it('counts for the tenant and the learner, as large as the picture that is there now', async () => {
    await put(Readable.from([picture(150)]));
    expect(levels()).toEqual([150, 150]);
    await put(Readable.from([picture(90)]));
    expect(levels()).toEqual([90, 90]);
    await put(Readable.from([picture(180)]));
    expect(levels()).toEqual([180, 180]);
  });

  it('is given back when the picture is deleted, once', async () => {
    await put(Readable.from([picture(150)]));
    await pictures.remove(ADA);
    await pictures.remove(ADA);
    expect([levels(), objects.size]).toEqual([[0, 0], 0]);
  });

  it('is not had by who has used theirs up, until something is deleted', async () => {
    await put(Readable.from([picture(LIMIT)]));
    await expect(put(Readable.from([picture(100)]))).rejects.toMatchObject({
      code: 'quota.storage_exceeded',
      details: { scope: 'learner', limit: LIMIT },
    });
    expect(levels()).toEqual([LIMIT, LIMIT]);
    await pictures.remove(ADA);
    await put(Readable.from([picture(100)]));
    expect(levels()).toEqual([100, 100]);
  });

  it('is not taken by a file that is refused', async () => {
    await expect(put(Readable.from([Buffer.from('GIF89a')]))).rejects.toMatchObject({
      code: 'picture.unsupported_format',
    });
    expect([levels(), objects.size]).toEqual([[0, 0], 0]);
  });
});

describe('a picture', () => {
  it('that comes while its account is erased is not kept, and takes no space', async () => {
    async function* slowly() {
      yield picture(120);
      accounts.delete('ada');
    }
    await expect(put(Readable.from(slowly()))).rejects.toMatchObject({ code: 'account.not_found' });
    expect([objects.size, levels()]).toEqual([0, [0, 0]]);
  });
});
