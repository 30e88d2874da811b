import { Inject, Injectable } from '@nestjs/common';
import { ObjectStore, type ListedObject } from '@parlance/messaging';
import { SessionRepository } from '@parlance/persistence';
import { counter, LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { StoredBytes } from './stored-bytes.service.js';
import { SessionDeletion } from './session-deletion.service.js';

const DAY_MS = 86_400_000;
/** Sessions past their retention that one pass deletes for one tenant. */
const PASS = 500;
/** Part of the largest size that removing ends at, so that a full store is not met at once again. */
const FILLED = 0.9;
/** Objects that one pass removes for their number of bytes; also what it remembers while it lists. */
const MOST_REMOVED = 10_000;

const removed = () => counter('parlance_objects_removed_total');

/** Holds tenants' sessions to their retention, and the store to its size and age. Spoken replies go first: they can be
 *  spoken again. */
@Injectable()
export class StorageLimits {
  constructor(
    private readonly objects: ObjectStore,
    private readonly sessions: SessionRepository,
    private readonly deletion: SessionDeletion,
    private readonly stored: StoredBytes,
    @Inject(GATEWAY_CONFIG) private readonly config: Pick<GatewayConfig, 'recordings' | 'messaging'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** One pass; what is left is for the next one. @throws AppError store.unavailable */
  async enforce(now = Date.now()): Promise<void> {
    await this.retain(now);
    await this.limitStore(now);
  }

  private async retain(now: number): Promise<void> {
    const { byTenant, others } = this.config.recordings.retentionDays;
    for (const [tenant, days] of byTenant) await this.deleteUnused({ tenant }, days, now);
    await this.deleteUnused({ allBut: [...byTenant.keys()] }, others, now);
  }

  private async deleteUnused(
    of: { readonly tenant: string } | { readonly allBut: readonly string[] },
    days: number,
    now: number,
  ): Promise<void> {
    if (days === 0) return;
    for (const { tenant, id } of await this.sessions.unusedSince(of, new Date(now - days * DAY_MS), PASS)) {
      await this.deletion.deleteSession(tenant, id).catch((error: unknown) => {
        this.logger.warn(
          { err: error, tenant, session: id },
          'a session past its retention could not be deleted',
        );
      });
    }
  }

  private async limitStore(now: number): Promise<void> {
    const { maxBytes, maxAgeMs } = this.config.messaging.objectLimits;
    if (maxBytes === undefined && maxAgeMs === undefined) return;
    let bytes = 0;
    const oldest = new Oldest(MOST_REMOVED);
    for (const prefix of ['speech/', 'recordings/', 'sessions/']) {
      for await (const object of this.objects.list(prefix)) {
        if (maxAgeMs !== undefined && now - object.modifiedAt.getTime() > maxAgeMs) {
          await this.remove(object, 'age');
          continue;
        }
        bytes += object.bytes;
        // Chunks are what is being recorded just now.
        if (prefix !== 'sessions/') oldest.add(object);
      }
    }
    if (maxBytes === undefined || bytes <= maxBytes) return;
    for (const object of oldest.inOrder()) {
      if (bytes <= maxBytes * FILLED) return;
      await this.remove(object, 'size');
      bytes -= object.bytes;
    }
  }

  private async remove({ key, bytes }: ListedObject, limit: 'age' | 'size'): Promise<void> {
    await this.objects.delete(key);
    await this.stored.removed(key, bytes);
    removed().inc({ limit });
  }
}

/** The oldest of many objects, spoken replies before recordings. */
class Oldest {
  private objects: ListedObject[] = [];

  constructor(private readonly limit: number) {}

  add(object: ListedObject): void {
    this.objects.push(object);
    if (this.objects.length >= 2 * this.limit) this.objects = this.inOrder();
  }

  inOrder(): ListedObject[] {
    const isRecording = ({ key }: ListedObject): number => (key.startsWith('recordings/') ? 1 : 0);
    return this.objects
      .sort(
        (one, other) =>
          isRecording(one) - isRecording(other) || one.modifiedAt.getTime() - other.modifiedAt.getTime(),
      )
      .slice(0, this.limit);
  }
}
