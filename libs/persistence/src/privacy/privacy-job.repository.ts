import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Model, UpdateQuery } from 'mongoose';
import { AppError } from '@parlance/errors';
import { StoreConnection } from '../store-connection.js';
import {
  privacyJobSchema,
  type PrivacyJobDocument,
  type PrivacyJobKind,
  type PrivacyJobRecord,
} from './privacy-job.schema.js';

/** A job that is asked for. */
export type NewPrivacyJob = Pick<PrivacyJobRecord, 'id' | 'tenant' | 'kind' | 'pseudonym'> & {
  readonly user: string;
};

/** What a job came to, so far. */
export type PrivacyJobChange = Partial<
  Pick<
    PrivacyJobRecord,
    'state' | 'dueAt' | 'parts' | 'sessions' | 'file' | 'fault' | 'finishedAt' | 'expiresAt'
  >
>;

/** Exports and erasures: each is worked on by one process at a time, and taken over from one that died. */
@Injectable()
export class PrivacyJobRepository implements OnModuleInit {
  private readonly model: Model<PrivacyJobDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<PrivacyJobDocument>('PrivacyJob', privacyJobSchema);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.store.prepare(this.model);
  }

  async create({ id, ...rest }: NewPrivacyJob, now = new Date()): Promise<PrivacyJobRecord> {
    const document: Omit<PrivacyJobDocument, '_id'> = {
      ...rest,
      ...{ state: 'queued', attempts: 0, parts: {}, sessions: [], createdAt: now },
      ...{ isOpen: true, holder: '', dueAt: now, leaseUntil: now },
    };
    await this.store.run(() =>
      this.model.updateOne({ _id: id }, { $setOnInsert: document }, { upsert: true }),
    );
    return toRecord({ _id: id, ...document });
  }

  /** @throws AppError privacy.job_not_found */
  async get(tenant: string, kind: PrivacyJobKind, id: string): Promise<PrivacyJobRecord> {
    const found = await this.store.run(() =>
      this.model.findOne({ _id: id, tenant, kind }).lean<PrivacyJobDocument>(),
    );
    if (!found) throw new AppError('privacy.job_not_found', `There is no such ${kind}.`);
    return toRecord(found);
  }

  /** A learner's jobs of a kind, newest first. */
  async ofLearner(
    tenant: string,
    pseudonym: string,
    kind: PrivacyJobKind,
    limit: number,
  ): Promise<PrivacyJobRecord[]> {
    const found = await this.store.run(() =>
      this.model
        .find({ tenant, pseudonym, kind })
        .sort({ _id: -1 })
        .limit(limit)
        .lean<PrivacyJobDocument[]>(),
    );
    return found.map(toRecord);
  }

  /**
   * The job that is due for longest and that nobody works on; it is the holder's until the lease ends.
   * @returns undefined where there is none, or a rival was first
   */
  async claim(holder: string, leaseMs: number, now = new Date()): Promise<PrivacyJobRecord | undefined> {
    const due = await this.store.run(() =>
      this.model
        .findOne({ isOpen: true, dueAt: { $lte: now }, leaseUntil: { $lte: now } })
        .sort({ dueAt: 1 })
        .lean<PrivacyJobDocument>(),
    );
    if (!due) return undefined;
    const { _id, leaseUntil } = due;
    const won = await this.store.run(() =>
      this.model.updateOne(
        { _id, isOpen: true, holder: due.holder, leaseUntil },
        { $set: { holder, leaseUntil: new Date(now.getTime() + leaseMs) }, $inc: { attempts: 1 } },
      ),
    );
    return won.modifiedCount === 1 ? { ...toRecord(due), attempts: due.attempts + 1 } : undefined;
  }

  /** @returns whether the job is still the holder's */
  async extend(id: string, holder: string, leaseMs: number, now = new Date()): Promise<boolean> {
    const leaseUntil = new Date(now.getTime() + leaseMs);
    const changed = await this.store.run(() =>
      this.model.updateOne({ _id: id, holder, isOpen: true }, { $set: { leaseUntil } }),
    );
    return changed.matchedCount === 1;
  }

  /** Notes what the holder's job came to; nothing where it is another's by now. */
  async record(id: string, holder: string, change: PrivacyJobChange): Promise<void> {
    await this.change({ _id: id, holder }, { $set: change });
  }

  /** As `record`, and lets go of the job. @param isOver  nobody has to work on it any more */
  async release(id: string, holder: string, change: PrivacyJobChange, isOver: boolean): Promise<void> {
    const forget = isOver && change.state === 'done' && change.file === undefined;
    await this.change(
      { _id: id, holder },
      {
        $set: { ...change, isOpen: !isOver, holder: '', leaseUntil: new Date(0) },
        // Of an erasure only the pseudonym stays.
        ...(forget ? { $unset: { user: 1 } } : {}),
      },
    );
  }

  /** Whether a learner is being erased, or was a moment ago. */
  async isBlocked(tenant: string, pseudonym: string, now = new Date()): Promise<boolean> {
    const [newest] = await this.ofLearner(tenant, pseudonym, 'erasure', 1);
    return newest !== undefined && newest.state !== 'failed' && (newest.expiresAt ?? now) >= now;
  }

  /** Exports whose file is to be removed by its age. */
  async expired(limit: number, now = new Date()): Promise<PrivacyJobRecord[]> {
    const found = await this.store.run(() =>
      this.model
        .find({ kind: 'export', state: 'done', expiresAt: { $lte: now } })
        .limit(limit)
        .lean<PrivacyJobDocument[]>(),
    );
    return found.map(toRecord);
  }

  /** The file of an export is gone. */
  async expire(tenant: string, id: string): Promise<void> {
    await this.change({ _id: id, tenant }, { $set: { state: 'expired' }, $unset: { file: 1 } });
  }

  /** Removes a learner's exports. */
  async removeExports(tenant: string, pseudonym: string): Promise<number> {
    const removed = await this.store.run(() => this.model.deleteMany({ tenant, pseudonym, kind: 'export' }));
    return removed.deletedCount;
  }

  private async change(
    filter: Readonly<Record<string, string>>,
    change: UpdateQuery<PrivacyJobDocument>,
  ): Promise<void> {
    await this.store.run(() => this.model.updateOne(filter, change));
  }
}

function toRecord({ _id, isOpen: _, holder: _holder, leaseUntil: _until, ...rest }: PrivacyJobDocument) {
  return { id: _id, ...rest } satisfies PrivacyJobRecord;
}
