import { UsageLedger, UsageRepository } from '@parlance/persistence';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { GATEWAY_CONFIG, type GatewayConfig } from '../gateway.config.js';
import { LearnerLimits } from './learner-limits.service.js';
import { QuotaLimits } from './quota-limits.service.js';
import { Quotas } from './quotas.service.js';
import { UsageExport } from './usage-export.service.js';
import { UsageReports } from './usage-reports.service.js';

/** Limits, what is counted towards them, and what is told of it. */
export const QUOTA_PROVIDERS = [
  {
    provide: UsageLedger,
    inject: [UsageRepository, GATEWAY_CONFIG, LOGGER],
    useFactory: (repository: UsageRepository, { quotas }: GatewayConfig, logger: Logger) =>
      new UsageLedger(repository, { intervalMs: quotas.usageIntervalMs }, logger),
  },
  QuotaLimits,
  Quotas,
  LearnerLimits,
  UsageReports,
  UsageExport,
];
