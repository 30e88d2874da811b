import { AccountMailController } from '../http/account-mail.controller.js';
import { AccountsController, KeySetController } from '../http/accounts.controller.js';
import { OidcController, OidcSettingsController } from '../http/oidc.controller.js';
import { PictureController } from '../http/picture.controller.js';
import { ProfileController } from '../http/profile.controller.js';
import { AccountMails } from '../mail/account-mails.service.js';
import { MailRequests } from '../mail/mail-requests.service.js';
import { MailSender } from '../mail/mail-sender.service.js';
import { MailServer } from '../mail/mail-server.provider.js';
import { OidcAccounts } from '../oidc/oidc-accounts.service.js';
import { OidcBrowsers } from '../oidc/oidc-browsers.service.js';
import { OidcLogIn } from '../oidc/oidc-log-in.service.js';
import { OidcProviders } from '../oidc/oidc-provider.client.js';
import { OidcSettings } from '../oidc/oidc-settings.service.js';
import { AccountRecovery } from './account-recovery.service.js';
import { AttemptLimits } from './attempt-limits.service.js';
import { LearnerAccounts } from './learner-accounts.service.js';
import { LogIns } from './log-ins.service.js';
import { OneTimeTokens } from './one-time-tokens.service.js';
import { Passwords } from './passwords.service.js';
import { ProfilePictures } from './profile-pictures.service.js';

/** Accounts of people, where they are switched on. */
export const ACCOUNT_CONTROLLERS = [
  AccountsController,
  AccountMailController,
  ProfileController,
  PictureController,
  OidcController,
  OidcSettingsController,
  KeySetController,
];

/** What mail to people is made of. */
const MAIL_PROVIDERS = [MailRequests, AccountMails, MailServer, MailSender] as const;

/** What log-ins by organisations' own providers are made of. */
const OIDC_PROVIDERS = [OidcProviders, OidcSettings, OidcAccounts, OidcBrowsers, OidcLogIn] as const;

/** What accounts are made of. */
export const ACCOUNT_PROVIDERS = [
  Passwords,
  AttemptLimits,
  OneTimeTokens,
  LogIns,
  LearnerAccounts,
  AccountRecovery,
  ProfilePictures,
  ...MAIL_PROVIDERS,
  ...OIDC_PROVIDERS,
];
