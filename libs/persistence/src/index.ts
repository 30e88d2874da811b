export { CatalogueRepository, type CataloguePage } from './catalogue/catalogue.repository.js';
export type { CatalogueEntry, CatalogueVersion } from './catalogue/catalogue.schema.js';
export { CatalogueSeeds } from './catalogue/catalogue-seeds.service.js';
export { catalogueNotFound } from './catalogue/catalogue-documents.js';
export { readSeedFiles } from './catalogue/seed-files.js';
export { LanguageOfferRepository } from './language-offer.repository.js';
export { AccountRepository } from './access/account.repository.js';
export type { AccountRecord, AccountState, LinkedIdentity } from './access/account.schema.js';
export { ApiKeyRepository } from './access/api-key.repository.js';
export type { ApiKeyRecord } from './access/api-key.schema.js';
export { AttemptRepository } from './access/attempt.repository.js';
export {
  IdentityProviderRepository,
  type IdentityProviderRecord,
  type IdentityProviderSettings,
} from './access/identity-provider.repository.js';
export { MailOutboxRepository, type MailKind, type OutgoingMail } from './access/mail-outbox.repository.js';
export {
  OneTimeTokenRepository,
  type OneTimePurpose,
  type OneTimeToken,
} from './access/one-time-token.repository.js';
export { OrganisationRepository, type OrganisationChange } from './access/organisation.repository.js';
export type { OrganisationRecord } from './access/organisation.schema.js';
export {
  RefreshTokenRepository,
  type RefreshOwner,
  type RefreshUse,
} from './access/refresh-token.repository.js';
export { SigningKeyRepository, type SigningKeyRecord } from './access/signing-key.repository.js';
export { AuditRepository, type AuditFilter } from './privacy/audit.repository.js';
export { ConsentRepository, type ConsentRecord } from './privacy/consent.repository.js';
export type { LearnerData } from './privacy/learner-data.js';
export {
  PrivacyJobRepository,
  type NewPrivacyJob,
  type PrivacyJobChange,
} from './privacy/privacy-job.repository.js';
export type { PrivacyJobKind, PrivacyJobRecord, PrivacyJobState } from './privacy/privacy-job.schema.js';
export {
  PrivacySettingsRepository,
  type PrivacySettingsRecord,
} from './privacy/privacy-settings.repository.js';
export {
  LearnerDirectory,
  type KnownLearner,
  type LearnerPage,
} from './access/learner-directory.repository.js';
export { LearnerLimitsRepository, type LearnerLimitsRecord } from './access/learner-limits.repository.js';
export { utcDay, scopesOf, UsageLedger, type UsageLedgerOptions } from './usage/usage-ledger.service.js';
export {
  UsageRepository,
  type OpenChange,
  type UsageAddition,
  type UsageMark,
  type UsagePage,
  type UsageState,
} from './usage/usage.repository.js';
export {
  ALL_DAYS,
  USAGE_COUNTS,
  USAGE_SCOPES,
  usageId,
  type OpenCount,
  type UsageCounts,
  type UsageName,
  type UsageRow,
  type UsageScope,
} from './usage/usage.schema.js';
export { KeptSpeechRepository } from './kept-speech.repository.js';
export type { KeptSpeechRecord } from './kept-speech.schema.js';
export {
  LearningRepository,
  type LearningChange,
  type LearningPage,
  type NewLearning,
  type ShortRecord,
} from './learning/learning.repository.js';
export { RankedLearningRepository, type RankedLine } from './learning/ranked-learning.repository.js';
export { learningClosed, learningConflict, learningNotFound } from './learning/learning-faults.js';
export type { LearningKind, LearningRecord, LearningValues } from './learning/learning.schema.js';
export { DailyAnalyticsRepository, type DailyAnalytics } from './daily-analytics.repository.js';
export { LeaseRepository } from './lease.repository.js';
export {
  ACCESS_REPOSITORIES,
  PersistenceModule,
  PLATFORM_REPOSITORIES,
  PRIVACY_REPOSITORIES,
  TELEGRAM_REPOSITORIES,
  type PersistenceOptions,
} from './persistence.module.js';
export {
  sessionEnded,
  sessionFull,
  SessionRepository,
  type NewSession,
  type SessionEnd,
  type NextTurn,
} from './session.repository.js';
export type { SessionPage } from './session-filter.js';
export {
  MOST_TURNS,
  SESSION_STATES,
  SESSION_STATUSES,
  type SessionMetadata,
  type SessionMetrics,
  type SessionRecord,
  type SessionState,
  type SessionStatus,
  type SessionSummary,
  type TurnTotals,
} from './session.schema.js';
export { foldWord, phrasePositions, termsOf, tokensOf, type Token } from './search/search-terms.js';
export {
  TurnSearchRepository,
  type FoundTurn,
  type TurnSearch,
  type UnindexedTurn,
} from './search/turn-search.repository.js';
export {
  ClosingSummaryRepository,
  type ClosingSummaryPage,
  type ClosingSummaryRecord,
} from './summary/closing-summary.repository.js';
export {
  MOST_PROGRESS_TURNS,
  PROGRESS_SCORES,
  ProgressRepository,
  type LearnerProgress,
  type ProgressScore,
  type ProgressWeek,
} from './progress.repository.js';
export { StatisticsRepository, type EvaluationMeans, type UserTotals } from './statistics.repository.js';
export { streakOf, type Streak } from './streak.js';
export { StoreConnection, type StoreConnectionOptions } from './store-connection.js';
export { TurnRepository, type SpokenSentences } from './turn.repository.js';
export type {
  DraftSentence,
  PastExchange,
  TokenUsage,
  TurnFailure,
  TurnRecord,
  TurnReply,
  TurnSpeech,
  TurnState,
  TurnUnspoken,
} from './turn.schema.js';
export { BotCoordinationRepository } from './telegram/bot-coordination.repository.js';
export { PracticeRepository, type PracticeStep } from './telegram/practice.repository.js';
export type { PracticeAttempt, PracticeResult, PracticeUser } from './telegram/practice.schema.js';
export {
  UpdateInboxRepository,
  type ArrivedUpdate,
  type UpdateLease,
} from './telegram/update-inbox.repository.js';
export type { HeldUpdate } from './telegram/update-inbox.schema.js';
