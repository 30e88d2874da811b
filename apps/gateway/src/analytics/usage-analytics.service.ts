import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { MessageBus, type Reading } from '@parlance/messaging';
import { DailyAnalyticsRepository, type DailyAnalytics } from '@parlance/persistence';
import type { WindowTotals } from './activity-bucket.js';
import {
  ActivityWindows,
  MINUTE_MS,
  WINDOWS,
  type ActivityOutcome,
  type WindowName,
} from './activity-windows.js';

/** How late an activity may come. */
const LATENESS_MS = 5 * MINUTE_MS;

/** What is told of a tenant's usage just now. */
export interface UsageNow {
  readonly at: string;
  readonly windows: Readonly<Record<WindowName, WindowTotals>>;
}

/**
 * Usage of tenants. Every replica has the windows of all, which it reads from the stream again when it starts; the sums of days are added up
 * by one consumer group over all replicas.
 */
@Injectable()
export class UsageAnalytics implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly windows = new ActivityWindows(LATENESS_MS);
  private reading: Reading | undefined;
  private isCaughtUp = false;

  constructor(
    private readonly bus: MessageBus,
    private readonly daily: DailyAnalyticsRepository,
  ) {}

  onApplicationBootstrap(): void {
    const since = new Date(Date.now() - WINDOWS['1h'] - LATENESS_MS);
    this.reading = this.bus.followActivity(since, ({ activity }) => void this.windows.push(activity));
    void this.reading.caughtUp.then(() => (this.isCaughtUp = true));
    this.bus.shareActivity(({ activity, sequence }) => this.daily.add(activity, sequence));
  }

  /** Before the bus is closed. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.reading?.close();
  }

  now(tenant: string, at = Date.now()): UsageNow {
    const totals = (name: WindowName): WindowTotals => this.windows.totals(tenant, name, at);
    return {
      at: new Date(at).toISOString(),
      windows: { '1m': totals('1m'), '5m': totals('5m'), '1h': totals('1h') },
    };
  }

  async days(tenant: string, from: string, to: string, limit: number): Promise<DailyAnalytics[]> {
    return this.daily.days(tenant, from, to, limit);
  }

  /** Whether the windows are whole since this process has started, and what became of activities. */
  get state(): {
    readonly caughtUp: boolean;
    readonly activities: Readonly<Record<ActivityOutcome, number>>;
  } {
    return { caughtUp: this.isCaughtUp, activities: { ...this.windows.outcomes } };
  }
}
