import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import { AppError } from '@parlance/errors';
import { LeaseRepository } from '@parlance/persistence';

/** Longer than any join; what a process that dies in one costs. */
const LEASE_MS = 10 * 60_000;
/** Most joins and deletions end sooner: who meets one waits for it. */
const PATIENCE_MS = 2_000;
const POLL_MS = 100;

/** Lets one process at a time join or delete the recording of a session. */
@Injectable()
export class SessionLeases {
  private readonly owner = ulid();
  private readonly held = new Set<string>();

  constructor(private readonly leases: LeaseRepository) {}

  /** @throws AppError store.unavailable, retryable, where another one is still at it after 2 s; and whatever the work throws */
  async run<T>(session: string, work: () => Promise<T>): Promise<T> {
    const name = `recording:${session}`;
    for (let waited = 0; !(await this.acquire(name)); waited += POLL_MS) {
      if (waited >= PATIENCE_MS) throw busy();
      await sleep(POLL_MS);
    }
    try {
      return await work();
    } finally {
      await this.leases.release(name, this.owner).finally(() => this.held.delete(name));
    }
  }

  private async acquire(name: string): Promise<boolean> {
    // A lease is a process' own; its callers must not meet in it either.
    if (this.held.has(name)) return false;
    this.held.add(name);
    let isAcquired = false;
    try {
      isAcquired = await this.leases.acquire(name, this.owner, LEASE_MS);
      return isAcquired;
    } finally {
      if (!isAcquired) this.held.delete(name);
    }
  }

  /** @returns whether this process is the one that does it, until so much time has passed */
  async claim(name: string, forMs: number): Promise<boolean> {
    return this.leases.acquire(name, this.owner, forMs);
  }
}

function busy(): AppError {
  return new AppError('store.unavailable', 'The recording of this session is being worked on just now.');
}
