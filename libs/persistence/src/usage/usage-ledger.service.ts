import { randomUUID } from 'node:crypto';
import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import type { UsageSubject } from '@parlance/contracts';
import { atMost, PeriodicWork } from '@parlance/resilience';
import { counter, type Logger } from '@parlance/telemetry';
import { mayBeSent, newEntry, readMarks, type UsageEntry } from './usage-entry.js';
import type { UsageRepository } from './usage.repository.js';
import {
  ALL_DAYS,
  usageId,
  type OpenCount,
  type UsageCounts,
  type UsageName,
  type UsageScope,
} from './usage.schema.js';

export interface UsageLedgerOptions {
  /** How often what was counted here is added to the store, and what others have counted is read. */
  readonly intervalMs: number;
}

/** Rows that are sent or read together. */
const BATCH = 500;
/** Rows that are held while the store is away; keys and learners beyond are not counted, their tenants are. */
const MOST_ENTRIES = 100_000;
/** A row that nobody has asked for is read again for so long. */
const WATCHED_MS = 60_000;
const FORGOTTEN_MS = 600_000;
/** Longest wait of a caller for what the store has. */
const READ_LIMIT_MS = 500;
const LAST_FLUSH_MS = 3_000;
/** What a process has open is believed for so long after it last said so; several intervals. */
const BELIEVED_MS = 15_000;
const BELIEVED_INTERVALS = 5;

const uncounted = () => counter('parlance_usage_uncounted_total');

/**
 * Counts what is used, in memory, and adds it to the rows that all processes share every interval. Between two additions a process
 * knows its own counts exactly and those of others as they were. While the store is away it goes on with what it knows; nothing
 * is added twice. A process that crashes loses what it has counted since its last addition.
 */
export class UsageLedger implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly writer = randomUUID();
  private readonly entries = new Map<string, UsageEntry>();
  private sequence = 0;
  private readonly work: PeriodicWork;
  private flushing: Promise<void> | undefined;
  private isStoreAway = false;

  /** @param now  milliseconds since 1970 */
  constructor(
    private readonly repository: UsageRepository,
    private readonly options: UsageLedgerOptions,
    private readonly logger: Logger,
    private readonly now: () => number = Date.now,
  ) {
    this.work = new PeriodicWork(() => this.flush(), {
      everyMs: options.intervalMs,
      onFailure: (error) => this.noteAway(error),
    });
  }

  onApplicationBootstrap(): void {
    this.work.start();
  }

  /** Before the store's connection is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    void this.work.stop();
    for (const entry of this.entries.values()) entry.openHere = 0;
    await atMost(
      LAST_FLUSH_MS,
      (this.flushing ?? Promise.resolve())
        .then(() => this.flush())
        .then(() => this.forget([...this.entries.values()].filter(({ sent }) => !sent)))
        .catch((error: unknown) => this.noteAway(error)),
    );
  }

  /** Counts for the tenant, and for its key and learner where they are named. */
  count(subject: UsageSubject, counts: UsageCounts): void {
    const isStorage = counts.storedBytes !== undefined || counts.deletedBytes !== undefined;
    for (const [scope, id] of scopesOf(subject)) {
      const name = { tenant: subject.tenant, scope, id };
      this.countRow({ ...name, day: utcDay(this.now()) }, counts);
      // What is kept is a level, whatever the day.
      if (isStorage) this.countRow({ ...name, day: ALL_DAYS }, counts);
    }
  }

  /** What was used, as far as it is known here. */
  used(name: UsageName): UsageCounts {
    const entry = this.entries.get(usageId(name));
    if (!entry) return {};
    return sum(sum(entry.stored, entry.sent?.counts ?? {}), entry.fresh);
  }

  /** Says what is open here; others know it after an interval. */
  setOpen(name: UsageName, count: number): void {
    const entry = this.entryOf(name);
    if (!entry) return;
    entry.openHere = count;
    entry.usedAt = this.now();
  }

  /** What other processes have open, as far as it is known here. */
  openElsewhere(name: UsageName): number {
    return this.entries.get(usageId(name))?.openElsewhere ?? 0;
  }

  /** Reads rows that limits depend on, where they are not known yet, and keeps them up to date for a while. Never rejects: where
   *  the store does not answer in time, what is known here counts. */
  async watch(names: readonly UsageName[]): Promise<void> {
    const unread: UsageEntry[] = [];
    for (const name of names) {
      const entry = this.entryOf(name);
      if (!entry) continue;
      entry.isWatched = true;
      entry.usedAt = this.now();
      if (!entry.isRead) unread.push(entry);
    }
    if (unread.length === 0) return;
    // Asked for once; the next addition reads them in any case.
    for (const entry of unread) entry.isRead = true;
    await atMost(READ_LIMIT_MS, this.read(unread)).catch((error: unknown) => this.noteAway(error));
  }

  /** Adds what was counted to the store and reads what others have; never rejects. */
  flush(): Promise<void> {
    this.flushing ??= this.flushAll().finally(() => (this.flushing = undefined));
    return this.flushing;
  }

  private async flushAll(): Promise<void> {
    const now = this.now();
    const due: UsageEntry[] = [];
    const idle: UsageEntry[] = [];
    for (const entry of this.entries.values()) {
      const isOpen = entry.openHere > 0 || entry.isOpenStored;
      const isPending = isOpen || entry.sent !== undefined || Object.keys(entry.fresh).length > 0;
      if (isPending || (entry.isWatched && now - entry.usedAt < WATCHED_MS)) due.push(entry);
      else if (now - entry.usedAt > FORGOTTEN_MS) idle.push(entry);
    }
    try {
      for (let at = 0; at < due.length; at += BATCH) await this.flushBatch(due.slice(at, at + BATCH));
      if (this.isStoreAway && due.length > 0) this.logger.info('usage is added to the store again');
      if (due.length > 0) this.isStoreAway = false;
      await this.forget(idle);
    } catch (error) {
      this.noteAway(error);
    }
  }

  private async flushBatch(entries: readonly UsageEntry[]): Promise<void> {
    // Its time, so that others see how old an addition is; another one for each addition to a row.
    const sequence = Math.max(this.sequence + 1, this.now());
    this.sequence = sequence;
    for (const entry of entries) {
      if (entry.sent || Object.keys(entry.fresh).length === 0) continue;
      entry.sent = { sequence, counts: entry.fresh };
      entry.fresh = {};
      entry.epoch += 1;
    }
    const additions = entries.flatMap(({ name, sent }) =>
      sent && mayBeSent(sent, this.now()) ? [{ name, ...sent }] : [],
    );
    if (additions.length > 0) await this.repository.add(this.writer, additions);
    const until = this.now() + Math.max(BELIEVED_MS, BELIEVED_INTERVALS * this.options.intervalMs);
    const open = entries.flatMap((entry) => {
      const { name, openHere: count, isOpenStored, gone } = entry;
      if (count === 0 && !isOpenStored && gone.length === 0) return [];
      entry.isOpenStored = true;
      return [{ name, count, until, gone }];
    });
    if (open.length > 0) await this.repository.setOpen(this.writer, open);
    await this.read(entries);
    const oldMarks = entries.flatMap((entry) => entry.oldMarks);
    if (oldMarks.length > 0) await this.repository.forget(oldMarks);
  }

  /** Rows that nothing more is counted in: what they have of this process goes, and they with it. */
  private async forget(entries: readonly UsageEntry[]): Promise<void> {
    const usedAt = entries.map((entry) => entry.usedAt);
    for (let at = 0; at < entries.length; at += BATCH) {
      const marks = entries.slice(at, at + BATCH).flatMap(({ name, mark }) => {
        return mark === undefined ? [] : [{ name, writer: this.writer, sequence: mark }];
      });
      if (marks.length > 0) await this.repository.forget(marks);
    }
    for (const [index, entry] of entries.entries()) {
      entry.mark = undefined;
      if (entry.usedAt === usedAt[index]) this.entries.delete(usageId(entry.name));
    }
  }

  private async read(entries: readonly UsageEntry[]): Promise<void> {
    const asked = entries.map(({ epoch }) => epoch);
    const states = await this.repository.read(entries.map(({ name }) => name));
    for (const [index, entry] of entries.entries()) {
      if (entry.epoch !== asked[index]) continue;
      entry.epoch += 1;
      const state = states.get(usageId(entry.name));
      entry.isRead = true;
      readMarks(entry, state?.applied ?? {}, this.writer, this.now());
      entry.stored = state?.counts ?? {};
      this.readOpen(entry, state?.open ?? {});
    }
  }

  private readOpen(entry: UsageEntry, open: Readonly<Record<string, OpenCount>>): void {
    const others = Object.entries(open).filter(([writer]) => writer !== this.writer);
    const now = this.now();
    entry.openElsewhere = others.reduce((all, [, { count, until }]) => all + (until > now ? count : 0), 0);
    entry.gone = others.filter(([, { until }]) => until <= now).map(([writer]) => writer);
    entry.isOpenStored = open[this.writer] !== undefined;
  }

  /** Counts in one row alone. */
  countRow(name: UsageName, counts: UsageCounts): void {
    const entry = this.entryOf(name);
    if (!entry) return uncounted().inc();
    entry.fresh = sum(entry.fresh, counts);
    entry.usedAt = this.now();
  }

  private entryOf(name: UsageName): UsageEntry | undefined {
    const id = usageId(name);
    const known = this.entries.get(id);
    if (known || (name.scope !== 'tenant' && this.entries.size >= MOST_ENTRIES)) return known;
    const entry = newEntry(name, this.now());
    this.entries.set(id, entry);
    return entry;
  }

  private noteAway(error: unknown): void {
    if (!this.isStoreAway)
      this.logger.warn({ err: error }, 'usage waits for the store; limits count what is known here');
    this.isStoreAway = true;
  }
}

/** The rows that a use is counted in. */
export function scopesOf({ key, user }: UsageSubject): [UsageScope, string][] {
  return [
    ['tenant', ''],
    ...(key === undefined ? [] : [['key', key] as [UsageScope, string]]),
    ...(user === undefined ? [] : [['learner', user] as [UsageScope, string]]),
  ];
}

/** The day of a time, in UTC. */
export function utcDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

function sum(one: UsageCounts, other: UsageCounts): UsageCounts {
  const both: Record<string, number> = { ...one };
  for (const [what, by] of Object.entries(other)) both[what] = (both[what] ?? 0) + by;
  return both as UsageCounts;
}
