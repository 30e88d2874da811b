import { Inject, Injectable } from '@nestjs/common';
import { ulid } from 'ulid';
import type { Activity, TurnTranscribed } from '@parlance/contracts';
import { MessageBus } from '@parlance/messaging';
import { ConsentRepository, type SessionRecord } from '@parlance/persistence';
import { counter, LOGGER, type Logger } from '@parlance/telemetry';
import { TenantPrivacy } from '../privacy/tenant-privacy.service.js';

/** Reports on their way at once; more are lost, for nobody is to wait for them. */
const MOST_AT_ONCE = 256;

const lost = () => counter('parlance_activity_lost_total');

/** Tells usage analytics what happens here. Nobody waits for it, and what cannot be told is counted as lost. */
@Injectable()
export class ActivityReports {
  private onTheirWay = 0;

  constructor(
    private readonly bus: MessageBus,
    private readonly consents: ConsentRepository,
    private readonly privacy: TenantPrivacy,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** A turn that was taken. @param user  whose session it is */
  turn({ identity, measures, scores, occurredAt }: TurnTranscribed, user: string | undefined): void {
    const { tenant, session, turn } = identity;
    this.report(async () => ({
      ...{ kind: 'turn', id: turn, tenant, at: occurredAt, session, speechMs: measures?.speechMs ?? 0 },
      ...(await this.learnerOf(tenant, user)),
      ...(scores ? { scores } : {}),
    }));
  }

  /** A session that has ended. */
  sessionEnded({ id, tenant, user, metrics, endedAt }: SessionRecord): void {
    const at = (endedAt ?? new Date()).toISOString();
    this.report(async () => ({
      ...{ kind: 'session', id: `${id}:ended`, tenant, at, session: id },
      ...(await this.learnerOf(tenant, user)),
      durationMs: metrics?.durationMs ?? 0,
    }));
  }

  /** A request that was refused or has failed. @param route  its pattern, not its path */
  failed(tenant: string, code: string, route: string): void {
    const at = new Date().toISOString();
    this.report(async () => ({ kind: 'error', id: ulid(), tenant, at, code, route: route.slice(0, 120) }));
  }

  /** Never throws. */
  private report(describe: () => Promise<Activity>): void {
    if (this.onTheirWay >= MOST_AT_ONCE) return lost().inc();
    this.onTheirWay += 1;
    describe()
      .then((activity) => this.bus.publishActivity(activity))
      .catch((error: unknown) => {
        lost().inc();
        this.logger.debug({ err: error }, 'an activity could not be told');
      })
      .finally(() => (this.onTheirWay -= 1));
  }

  /** Whoever has withdrawn the consent to analytics is counted as nobody. */
  private async learnerOf(tenant: string, user: string | undefined): Promise<{ readonly learner?: string }> {
    if (user === undefined) return {};
    if ((await this.consents.latest(tenant, user, 'analytics'))?.given === false) return {};
    return { learner: await this.privacy.pseudonym(tenant, user) };
  }
}
