/** A job, as far as its turn goes. */
export interface Waiting {
  readonly model: string;
  readonly tenant: string;
  /** Infinity for none. */
  readonly deadline: number;
}

/**
 * Jobs of one priority. Tenants take turns, so that one with fifty jobs keeps nobody with a single one waiting for more than
 * one of them; within a tenant the earliest deadline comes first, then the earliest arrival.
 */
export class TenantLine<T extends Waiting> {
  /** In the order of their turns. */
  private readonly tenants = new Map<string, T[]>();
  private count = 0;

  get size(): number {
    return this.count;
  }

  sizeOf(tenant: string): number {
    return this.tenants.get(tenant)?.length ?? 0;
  }

  add(job: T): void {
    const jobs = this.tenants.get(job.tenant) ?? [];
    const behind = jobs.findIndex((other) => other.deadline > job.deadline);
    jobs.splice(behind === -1 ? jobs.length : behind, 0, job);
    this.tenants.set(job.tenant, jobs);
    this.count++;
  }

  remove(job: T): boolean {
    const jobs = this.tenants.get(job.tenant);
    const at = jobs?.indexOf(job) ?? -1;
    if (!jobs || at === -1) return false;
    jobs.splice(at, 1);
    if (jobs.length === 0) this.tenants.delete(job.tenant);
    this.count--;
    return true;
  }

  /**
   * Offers jobs in their fair order; a job for which `tryStart` returns true leaves the line.
   * @param tryStart  must return the same for all jobs of a model until it has started another job
   */
  dispatch(tryStart: (job: T) => boolean): void {
    const refused = new Set<string>();
    const isTaken = (job: T): boolean => {
      if (refused.has(job.model)) return false;
      if (tryStart(job)) return true;
      refused.add(job.model);
      return false;
    };
    for (let taken = this.first(isTaken); taken; taken = this.first(isTaken)) {
      this.remove(taken);
      this.endTurn(taken.tenant);
    }
  }

  clear(): T[] {
    const jobs = [...this.tenants.values()].flat();
    this.tenants.clear();
    this.count = 0;
    return jobs;
  }

  private first(isTaken: (job: T) => boolean): T | undefined {
    for (const jobs of this.tenants.values()) {
      const job = jobs.find(isTaken);
      if (job) return job;
    }
    return undefined;
  }

  private endTurn(tenant: string): void {
    const jobs = this.tenants.get(tenant);
    if (!jobs) return;
    this.tenants.delete(tenant);
    this.tenants.set(tenant, jobs);
  }
}
