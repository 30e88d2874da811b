import { OidcAccounts } from './oidc-accounts.service.js';
import { OidcBrowsers } from './oidc-browsers.service.js';
import { OidcLogIn } from './oidc-log-in.service.js';
import { OidcProviders } from './oidc-provider.client.js';
import { OidcSettings } from './oidc-settings.service.js';

/** What log-ins by organisations' own providers are made of. */
export const OIDC_PROVIDERS = [OidcProviders, OidcSettings, OidcAccounts, OidcBrowsers, OidcLogIn] as const;
