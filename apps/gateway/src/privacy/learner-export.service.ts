import { Injectable } from '@nestjs/common';
import { ObjectStore, type ListedObject } from '@parlance/messaging';
import { PrivacyJobRepository, SessionRepository, type PrivacyJobRecord } from '@parlance/persistence';
import { PictureStore } from '../access/picture-store.service.js';
import { recordingsOf } from '../turns/recording-store.js';
import { ExportArchive } from './export-archive.js';
import { exportsOf } from './exports-of-learner.js';
import { LearnerRegistry } from './learner-registry.js';
import { sessionsOf } from './sessions-of-learner.js';

const DAY_MS = 86_400_000;
/** A file is removed so long after it was made. */
export const EXPORT_KEPT_DAYS = 7;

/** Makes the file with all that is kept about a learner: a JSON list for each part, and what was recorded. */
@Injectable()
export class LearnerExport {
  constructor(
    private readonly registry: LearnerRegistry,
    private readonly sessions: SessionRepository,
    private readonly objects: ObjectStore,
    private readonly jobs: PrivacyJobRepository,
    private readonly pictures: PictureStore,
  ) {}

  /** @param stillMine  throws where another process has the job by now
   *  @throws AppError store.unavailable; nothing of the file stays then */
  async make(job: PrivacyJobRecord & { readonly user: string }, stillMine: () => void, now = new Date()) {
    const { tenant, user, pseudonym, id } = job;
    const archive = new ExportArchive();
    const key = `${exportsOf(tenant, pseudonym)}${id}.zip`;
    const storing = this.objects.put(key, archive.content(), 'application/zip');
    const writing = this.write(archive, tenant, user, stillMine);
    // Whichever fails first ends the other.
    storing.catch((error: Error) => archive.fail(error));
    const [{ bytes }, parts] = await Promise.all([
      storing,
      writing.catch((error: Error) => {
        archive.fail(error);
        throw error;
      }),
    ]);
    if (!(await this.isWanted(job))) await this.objects.delete(key);
    const expiresAt = new Date(now.getTime() + EXPORT_KEPT_DAYS * DAY_MS);
    return { state: 'done', parts, file: { key, bytes }, finishedAt: now, expiresAt } as const;
  }

  private async write(archive: ExportArchive, tenant: string, user: string, stillMine: () => void) {
    const parts: Record<string, number> = {};
    for (const part of this.registry.parts) {
      stillMine();
      parts[part.part] = await archive.addList(`${part.part}.json`, part.exportLearner(tenant, user));
    }
    await this.addPicture(archive, tenant, user);
    const recordings: ListedObject[] = [];
    for await (const session of sessionsOf(this.sessions, tenant, user))
      for await (const object of this.objects.list(recordingsOf(tenant, session.id))) {
        stillMine();
        const stored = await this.objects.get(object.key);
        // Removed meanwhile.
        if (!stored) continue;
        await archive.add(object.key.replace(/^recordings\/[^/]+/, 'audio'), stored.content);
        recordings.push(object);
      }
    parts.recordings = await archive.addList('recordings.json', listed(recordings));
    archive.end();
    return parts;
  }

  private async addPicture(archive: ExportArchive, tenant: string, user: string): Promise<void> {
    const stored = await this.pictures.get(tenant, user);
    // `image/png` is picture.png.
    if (stored) await archive.add(`picture.${stored.reference.contentType.slice(6)}`, stored.content);
  }

  /** An erasure may have removed the job meanwhile. */
  private async isWanted({ tenant, id }: PrivacyJobRecord): Promise<boolean> {
    return this.jobs.get(tenant, 'export', id).then(
      () => true,
      () => false,
    );
  }
}

async function* listed(recordings: readonly ListedObject[]): AsyncGenerator<object> {
  for (const { key, bytes, modifiedAt } of recordings)
    yield { file: key.replace(/^recordings\/[^/]+/, 'audio'), bytes, storedAt: modifiedAt };
}
