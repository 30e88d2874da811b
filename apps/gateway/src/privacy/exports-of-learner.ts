import { Injectable } from '@nestjs/common';
import { ObjectStore } from '@parlance/messaging';
import { PrivacyJobRepository, type LearnerData } from '@parlance/persistence';
import { TenantPrivacy } from './tenant-privacy.service.js';

const MOST_TOLD = 100;

/** What the keys of a learner's exports begin with. */
export function exportsOf(tenant: string, pseudonym: string): string {
  return `exports/${tenant}/${pseudonym}/`;
}

/** Exports that were made, with their files. */
@Injectable()
export class ExportsOfLearner implements LearnerData {
  readonly part = 'exports';
  readonly collections = ['privacy_jobs'];

  constructor(
    private readonly jobs: PrivacyJobRepository,
    private readonly objects: ObjectStore,
    private readonly privacy: TenantPrivacy,
  ) {}

  async *exportLearner(tenant: string, learner: string): AsyncGenerator<object> {
    const pseudonym = await this.privacy.pseudonym(tenant, learner);
    for (const { id, state, createdAt } of await this.jobs.ofLearner(tenant, pseudonym, 'export', MOST_TOLD))
      yield { id, state, createdAt };
  }

  async eraseLearner(tenant: string, learner: string): Promise<number> {
    const pseudonym = await this.privacy.pseudonym(tenant, learner);
    // The jobs first: one that is under way finds itself gone, and keeps no file.
    const removed = await this.jobs.removeExports(tenant, pseudonym);
    for await (const { key } of this.objects.list(exportsOf(tenant, pseudonym)))
      await this.objects.delete(key);
    return removed;
  }
}
