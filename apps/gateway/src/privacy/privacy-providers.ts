import { AuditInterceptor } from '../audit/audited.interceptor.js';
import { AuditLog } from '../audit/audit-log.service.js';
import { AuditRequests } from '../http/audit-requests.service.js';
import { AuditController } from '../http/audit.controller.js';
import { PrivacyRequests } from '../http/privacy-requests.service.js';
import { PrivacyController } from '../http/privacy.controller.js';
import { AccountOfLearner } from './account-of-learner.js';
import { ExportsOfLearner } from './exports-of-learner.js';
import { LearnerErasure } from './learner-erasure.service.js';
import { LearnerExport } from './learner-export.service.js';
import { LearnerPrivacy } from './learner-privacy.service.js';
import { LearnerRegistry } from './learner-registry.js';
import { PrivacyJobs } from './privacy-jobs.service.js';
import { Retention } from './retention.service.js';
import { SessionsOfLearner, TurnsOfLearner } from './sessions-of-learner.js';
import { TenantPrivacy } from './tenant-privacy.service.js';
import { UsageOfLearner } from './usage-of-learner.js';

/** Routes of privacy and of the audit log. */
export const PRIVACY_CONTROLLERS = [AuditController, PrivacyController] as const;

/** What consents, exports, erasures, retention and the audit log are made of. */
export const PRIVACY_PROVIDERS = [
  TenantPrivacy,
  LearnerPrivacy,
  AuditLog,
  AuditInterceptor,
  AuditRequests,
  SessionsOfLearner,
  TurnsOfLearner,
  ExportsOfLearner,
  AccountOfLearner,
  UsageOfLearner,
  LearnerRegistry,
  LearnerExport,
  LearnerErasure,
  Retention,
  PrivacyJobs,
  PrivacyRequests,
] as const;
