import { type DynamicModule, Module, type Type } from '@nestjs/common';
import type { CertificatePaths } from '@parlance/config';
import { LOGGER, type Logger } from '@parlance/telemetry';
import { CatalogueRepository } from './catalogue/catalogue.repository.js';
import { LanguageOfferRepository } from './language-offer.repository.js';
import { AccountRepository } from './access/account.repository.js';
import { ApiKeyRepository } from './access/api-key.repository.js';
import { AttemptRepository } from './access/attempt.repository.js';
import { IdentityProviderRepository } from './access/identity-provider.repository.js';
import { MailOutboxRepository } from './access/mail-outbox.repository.js';
import { OneTimeTokenRepository } from './access/one-time-token.repository.js';
import { LearnerDirectory } from './access/learner-directory.repository.js';
import { LearnerLimitsRepository } from './access/learner-limits.repository.js';
import { OrganisationRepository } from './access/organisation.repository.js';
import { RefreshTokenRepository } from './access/refresh-token.repository.js';
import { SigningKeyRepository } from './access/signing-key.repository.js';
import { LearningRepository } from './learning/learning.repository.js';
import { RankedLearningRepository } from './learning/ranked-learning.repository.js';
import { DailyAnalyticsRepository } from './daily-analytics.repository.js';
import { KeptSpeechRepository } from './kept-speech.repository.js';
import { AuditRepository } from './privacy/audit.repository.js';
import { ConsentRepository } from './privacy/consent.repository.js';
import { PrivacyJobRepository } from './privacy/privacy-job.repository.js';
import { PrivacySettingsRepository } from './privacy/privacy-settings.repository.js';
import { LeaseRepository } from './lease.repository.js';
import { SessionRepository } from './session.repository.js';
import { ProgressRepository } from './progress.repository.js';
import { StatisticsRepository } from './statistics.repository.js';
import { TurnSearchRepository } from './search/turn-search.repository.js';
import { ClosingSummaryRepository } from './summary/closing-summary.repository.js';
import { StoreConnection } from './store-connection.js';
import { BotCoordinationRepository } from './telegram/bot-coordination.repository.js';
import { PracticeRepository } from './telegram/practice.repository.js';
import { UpdateInboxRepository } from './telegram/update-inbox.repository.js';
import { TurnRepository } from './turn.repository.js';

export interface PersistenceOptions {
  readonly mongodbUri: string;
  /** PEM files, used where the URI says `tls=true`. */
  readonly tls?: CertificatePaths | undefined;
  /** This process' name in the server's connection list. */
  readonly name: string;
}

/** What the platform keeps of conversations. */
export const PLATFORM_REPOSITORIES: readonly Type[] = [
  SessionRepository,
  TurnRepository,
  StatisticsRepository,
  ProgressRepository,
  LeaseRepository,
  CatalogueRepository,
  LanguageOfferRepository,
  TurnSearchRepository,
  ClosingSummaryRepository,
  LearningRepository,
  RankedLearningRepository,
];

/** Who may call, which the gateway keeps beside the platform's own. */
export const ACCESS_REPOSITORIES: readonly Type[] = [
  OrganisationRepository,
  ApiKeyRepository,
  AccountRepository,
  RefreshTokenRepository,
  AttemptRepository,
  SigningKeyRepository,
  OneTimeTokenRepository,
  MailOutboxRepository,
  IdentityProviderRepository,
  LearnerDirectory,
  LearnerLimitsRepository,
];

/** What learners have allowed, what was done with their data, and the speech that was made for them; the gateway's. */
export const PRIVACY_REPOSITORIES: readonly Type[] = [
  AuditRepository,
  ConsentRepository,
  PrivacySettingsRepository,
  PrivacyJobRepository,
  KeptSpeechRepository,
  DailyAnalyticsRepository,
];

/** What the Telegram bot keeps, instead of the platform's own. */
export const TELEGRAM_REPOSITORIES: readonly Type[] = [
  UpdateInboxRepository,
  PracticeRepository,
  BotCoordinationRepository,
];

/** Connects at start (and waits for a store that does not answer: no restart brings it back), makes collections and indexes, closes at the end.
 *  Provides StoreConnection (for readiness) and the repositories everywhere: the platform's, unless others are named. */
@Module({})
export class PersistenceModule {
  static forRoot(options: PersistenceOptions, repositories = PLATFORM_REPOSITORIES): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        // By a factory because connecting takes time: the repositories are made afterwards.
        {
          provide: StoreConnection,
          inject: [LOGGER],
          useFactory: (logger: Logger) => StoreConnection.open(options, logger),
        },
        ...repositories,
      ],
      exports: [StoreConnection, ...repositories],
    };
  }
}
