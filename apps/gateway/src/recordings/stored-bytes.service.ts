import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { SessionRepository, UsageLedger } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';

/** `recordings/TENANT/SESSION/NAME.flac`; the cards beside them are not counted. */
const RECORDING = /^recordings\/([^/]+)\/([^/]+)\/[^/]+\.flac$/;
/** `pictures/TENANT/ACCOUNT`. */
const PICTURE = /^pictures\/([^/]+)\/([^/]+)$/;
const MOST_CACHED = 10_000;

/** What the keys of a tenant's objects begin with, of which some count as stored. */
export function storedOf(tenant: string): readonly string[] {
  return [`recordings/${tenant}/`, `pictures/${tenant}/`];
}

/** Whether the object of a key counts as stored. */
export function isCounted(key: string): boolean {
  return ownerOfObject(key) !== undefined;
}

/** The session of a recording, the account of a picture; undefined of what does not count as stored. */
export function ownerOfObject(key: string): string | undefined {
  return (RECORDING.exec(key) ?? PICTURE.exec(key))?.[2];
}

/** Counts what is kept of recordings and pictures, for their tenant and the learner whose session or picture it is. */
@Injectable()
export class StoredBytes {
  private readonly users = new LRUCache<string, { readonly user: string | undefined }>({ max: MOST_CACHED });

  constructor(
    private readonly ledger: UsageLedger,
    private readonly sessions: SessionRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Never rejects. @param key  of the object; what is neither recording nor picture is not counted */
  async added(key: string, bytes: number): Promise<void> {
    await this.count(key, { storedBytes: bytes });
  }

  /** As `added`; while the session is there, so that its learner is known. */
  async removed(key: string, bytes: number): Promise<void> {
    await this.count(key, { deletedBytes: bytes });
  }

  private async count(key: string, counts: { storedBytes?: number; deletedBytes?: number }): Promise<void> {
    const [, pictured, account] = PICTURE.exec(key) ?? [];
    if (pictured !== undefined) return this.ledger.count({ tenant: pictured, user: account }, counts);
    const [, tenant, session] = RECORDING.exec(key) ?? [];
    if (tenant === undefined || session === undefined) return;
    this.ledger.count({ tenant, user: await this.userOf(tenant, session) }, counts);
  }

  private async userOf(tenant: string, session: string): Promise<string | undefined> {
    const name = `${tenant}/${session}`;
    const known = this.users.get(name);
    if (known) return known.user;
    try {
      const user = (await this.sessions.find(tenant, session))?.user;
      this.users.set(name, { user });
      return user;
    } catch (error) {
      this.logger.warn(
        { err: error, session },
        'whose recording is kept is not known; it is counted for the tenant',
      );
      return undefined;
    }
  }
}
