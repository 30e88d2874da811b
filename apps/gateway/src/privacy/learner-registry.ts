import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  ClosingSummaryRepository,
  ConsentRepository,
  LearnerLimitsRepository,
  LearningRepository,
  MailOutboxRepository,
  OneTimeTokenRepository,
  RefreshTokenRepository,
  type LearnerData,
} from '@parlance/persistence';
import { AccountOfLearner } from './account-of-learner.js';
import { ExportsOfLearner } from './exports-of-learner.js';
import { SessionsOfLearner, TurnsOfLearner } from './sessions-of-learner.js';
import { UsageOfLearner } from './usage-of-learner.js';

/** Whoever keeps something about learners, in the order in which it is exported and erased: a class that is a provider of the gateway
 *  and implements `LearnerData` adds itself by its line here. learner-registry.spec.ts names collections that nobody answers for. */
export const LEARNER_DATA: readonly Type<LearnerData>[] = [
  SessionsOfLearner,
  TurnsOfLearner,
  ClosingSummaryRepository,
  LearningRepository,
  ConsentRepository,
  ExportsOfLearner,
  RefreshTokenRepository,
  OneTimeTokenRepository,
  MailOutboxRepository,
  LearnerLimitsRepository,
  UsageOfLearner,
  // Last: what stops an erasure in the middle leaves the account, by which it is known whose log-in failures are counted.
  AccountOfLearner,
];

const BOTS_OWN = 'in the store of the bot, which removes them by /stop';

/** Collections that name users or sessions and keep nothing about a learner, each with its reason. */
export const NOT_ABOUT_LEARNERS: Readonly<Record<string, string>> = {
  leases: 'an owner is a process',
  audit: 'subjects and targets are pseudonyms; entries go by their retention',
  telegram_users: BOTS_OWN,
  telegram_attempts: BOTS_OWN,
  telegram_updates: BOTS_OWN,
  telegram_counts: BOTS_OWN,
};

/** Everything that is kept about learners. */
@Injectable()
export class LearnerRegistry implements OnModuleInit {
  parts: readonly LearnerData[] = [];

  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    this.parts = LEARNER_DATA.map((type) => this.modules.get(type, { strict: false }));
  }
}
