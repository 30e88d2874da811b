import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { SESSION_ENDED_CHANNEL, tenantSchema, VOICE_SERVER_EVENTS } from '@parlance/contracts';
import { MessageBus, type Announcements } from '@parlance/messaging';
import type { SessionRecord } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { ActivityReports } from '../analytics/activity-reports.service.js';
import { metricsView } from './statistics.js';

const sessionEndingSchema = z.object({
  tenant: tenantSchema,
  user: z.string().optional(),
  ended: VOICE_SERVER_EVENTS['voice:ended'],
});
/** A session that has ended: whose it was, and what its clients are told. */
export type SessionEnding = z.output<typeof sessionEndingSchema>;

/** Tells every replica which sessions have ended, whoever ended them. */
@Injectable()
export class SessionEndings {
  constructor(
    private readonly bus: MessageBus,
    private readonly activity: ActivityReports,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** Never throws: the session has ended, whoever gets to know it. */
  announce(session: SessionRecord): void {
    const { id, tenant, user, metrics: totals } = session;
    if (!totals) return;
    this.activity.sessionEnded(session);
    const metrics = metricsView(session, totals);
    const ending: SessionEnding = {
      tenant,
      ...(user === undefined ? {} : { user }),
      ended: { sessionId: id, duration: metrics.durationMs / 1000, metrics },
    };
    try {
      this.bus.announce(SESSION_ENDED_CHANNEL, Buffer.from(JSON.stringify(ending)));
    } catch (err) {
      this.logger.warn({ err, session: id }, 'the end of a session was not announced');
    }
  }

  /** What is announced from now on. Close it to free it. */
  listen(): Announcements {
    return this.bus.announcements(SESSION_ENDED_CHANNEL);
  }

  /** Undefined for what is no ending. */
  read(data: Uint8Array): SessionEnding | undefined {
    try {
      return sessionEndingSchema.parse(JSON.parse(Buffer.from(data).toString('utf8')));
    } catch (err) {
      this.logger.warn({ err }, 'an announcement does not fit its schema, skipped');
      return undefined;
    }
  }
}
