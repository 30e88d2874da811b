import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ulid } from 'ulid';
import type { AuditActor, AuditEvent, AuditHead } from '@parlance/contracts';
import { AuditRepository } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { TenantPrivacy } from '../privacy/tenant-privacy.service.js';

/** What was done; a user and a target of the kind `learner` are named as they are, and written down by their pseudonyms. */
export interface AuditedAct {
  readonly tenant: string;
  readonly role: AuditActor['role'];
  readonly key?: string | undefined;
  readonly user?: string | undefined;
  readonly action: string;
  readonly target?: AuditEvent['target'];
  readonly address?: string | undefined;
  readonly details?: AuditEvent['details'];
}

/** The newest entry's hash goes to the process' log so often: whoever keeps that elsewhere notices a log that was cut or rewritten. */
const HEADS_EVERY_MS = 3_600_000;

/** The audit logs of tenants, as they are written. */
@Injectable()
export class AuditLog implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly unlogged = new Map<string, AuditHead>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly entries: AuditRepository,
    private readonly privacy: TenantPrivacy,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.logHeads(), HEADS_EVERY_MS).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
    this.logHeads();
  }

  /** Resolves once it is stored. @throws AppError store.unavailable */
  async write(act: AuditedAct, now = new Date()): Promise<void> {
    const { tenant, role, key, user, action, target, address = '', details } = act;
    const pseudonym = (id: string): Promise<string> => this.privacy.pseudonym(tenant, id);
    const named = target?.kind === 'learner' ? { ...target, id: await pseudonym(target.id) } : target;
    const event: AuditEvent = {
      ...{ id: ulid(now.getTime()), tenant, at: now.toISOString(), action, address },
      actor: {
        role,
        ...(key === undefined ? {} : { key }),
        ...(user === undefined ? {} : { subject: await pseudonym(user) }),
      },
      ...(named === undefined ? {} : { target: named }),
      ...(details === undefined ? {} : { details }),
    };
    try {
      const { number, hash } = await this.entries.append(event);
      this.unlogged.set(tenant, { number, hash });
    } catch (error) {
      this.logger.error({ err: error, ...event }, 'what was done could not be written to the audit log');
      throw error;
    }
  }

  /** As `write`, of what the platform does by itself. */
  async writeOwn(act: Omit<AuditedAct, 'role' | 'key' | 'user'>): Promise<void> {
    await this.write({ ...act, role: 'platform' });
  }

  private logHeads(): void {
    for (const [tenant, { number, hash }] of this.unlogged)
      this.logger.info({ tenant, number, hash }, 'newest entry of the audit log');
    this.unlogged.clear();
  }
}
