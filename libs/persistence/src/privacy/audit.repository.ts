import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model, QueryFilter } from 'mongoose';
import { chainedEntry, type AuditEntry, type AuditEvent, type AuditHead } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { isDuplicate, StoreConnection } from '../store-connection.js';
import { auditSchema, type AuditDocument } from './audit.schema.js';

/** Which entries are wanted. */
export interface AuditFilter {
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly target?: string | undefined;
  /** Those before this number. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Replicas that append to one tenant's log at once let each other in by turns. */
const TRIES = 50;
const LONGEST_WAIT_MS = 20;
const MOST_HEADS = 10_000;
/** A place that was trimmed away must not be filled anew: no head is used for longer. */
const HEAD_MS = 60_000;
const EXPORT_PAGE = 500;

/** The audit logs of tenants: entries are appended, never changed. */
@Injectable()
export class AuditRepository implements OnModuleInit {
  private readonly model: Model<AuditDocument>;
  /** The newest entries that this process knows of: an append usually needs no look. */
  private readonly heads = new Map<string, AuditHead & { readonly until: number }>();
  /** Of this process one append of a tenant follows the other. */
  private readonly queues = new Map<string, Promise<unknown>>();

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<AuditDocument>('AuditEntry', auditSchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  /** Puts an event behind the newest entry. @throws AppError store.unavailable */
  async append(event: AuditEvent): Promise<AuditEntry> {
    const { tenant } = event;
    const before = this.queues.get(tenant) ?? Promise.resolve();
    const appending = before.then(() => this.appendNow(event));
    const ended = appending.catch(() => undefined);
    this.queues.set(tenant, ended);
    void ended.then(() => {
      if (this.queues.get(tenant) === ended) this.queues.delete(tenant);
    });
    return appending;
  }

  /** The newest entry's place; undefined of an empty log. */
  async head(tenant: string): Promise<AuditHead | undefined> {
    const [newest] = await this.page(tenant, { limit: 1 });
    return newest && { number: newest.number, hash: newest.hash };
  }

  /** Entries, newest first. */
  async page(tenant: string, { action, subject, target, before, limit }: AuditFilter): Promise<AuditEntry[]> {
    const filter: QueryFilter<AuditDocument> = {
      tenant,
      ...(action === undefined ? {} : { action }),
      ...(subject === undefined ? {} : { 'actor.subject': subject }),
      ...(target === undefined ? {} : { 'target.id': target }),
      ...(before === undefined ? {} : { number: { $lt: before } }),
    };
    const found = await this.store.run(() =>
      this.model.find(filter).sort({ number: -1 }).limit(limit).lean<AuditDocument[]>(),
    );
    return found.map(toEntry);
  }

  /** All entries from a number on, oldest first, read page by page. */
  async *all(tenant: string, from = 1): AsyncGenerator<AuditEntry> {
    for (let next = from; ;) {
      const page = await this.store.run(() =>
        this.model
          .find({ tenant, number: { $gte: next } })
          .sort({ number: 1 })
          .limit(EXPORT_PAGE)
          .lean<AuditDocument[]>(),
      );
      yield* page.map(toEntry);
      if (page.length < EXPORT_PAGE) return;
      next = page.at(-1)!.number + 1;
    }
  }

  /** The newest of a tenant's oldest entries that are older than a moment, up to a number of them. */
  async lastBefore(tenant: string, moment: Date, most: number): Promise<AuditHead | undefined> {
    const oldest = await this.store.run(() =>
      this.model
        .find({ tenant }, { number: 1, hash: 1, time: 1 })
        .sort({ number: 1 })
        .limit(most)
        .lean<Pick<AuditDocument, 'number' | 'hash' | 'time'>[]>(),
    );
    // A clock that went back does not cut the chain in the middle.
    const end = oldest.findIndex(({ time }) => time >= moment);
    const last = (end === -1 ? oldest : oldest.slice(0, end)).at(-1);
    return last && { number: last.number, hash: last.hash };
  }

  /** Removes entries up to and with a number. */
  async removeThrough(tenant: string, number: number): Promise<number> {
    const removed = await this.store.run(() => this.model.deleteMany({ tenant, number: { $lte: number } }));
    return removed.deletedCount;
  }

  private async appendNow(event: AuditEvent): Promise<AuditEntry> {
    const { tenant } = event;
    let head = this.knownHead(tenant) ?? (await this.head(tenant));
    for (let tries = 1; tries <= TRIES; tries++) {
      const entry = chainedEntry(event, head);
      const standing = await this.insert(entry);
      this.remember(standing);
      // It may be ours: the answer to the first write was lost.
      if (standing.id === event.id) return entry;
      // Others are ahead; by how much, the store knows.
      head = await this.head(tenant);
      await sleep(Math.random() * Math.min(LONGEST_WAIT_MS, tries));
    }
    throw new AppError('store.unavailable', 'Too many changes are written down at once: try again.');
  }

  private knownHead(tenant: string): AuditHead | undefined {
    const known = this.heads.get(tenant);
    return known && known.until > performance.now() ? known : undefined;
  }

  private remember({ tenant, number, hash }: AuditEntry): void {
    if (this.heads.size >= MOST_HEADS) this.heads.clear();
    this.heads.set(tenant, { number, hash, until: performance.now() + HEAD_MS });
  }

  /** @returns what stands in the place now */
  private async insert(entry: AuditEntry): Promise<AuditEntry> {
    const _id = `${entry.tenant}:${entry.number}`;
    try {
      await this.store.run(() => this.model.create({ _id, ...entry, time: new Date(entry.at) }));
      return entry;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const found = await this.store.run(() => this.model.findOne({ _id }).lean<AuditDocument>());
      if (!found) throw new AppError('store.unavailable', 'The audit log is being trimmed: try again.');
      return toEntry(found);
    }
  }
}

function toEntry({ _id: _, time: _time, ...entry }: AuditDocument): AuditEntry {
  return entry;
}
