import type { AccountRecord } from '@parlance/persistence';

/** Where a picture is that the platform keeps. */
export const PICTURE_ROUTE = 'api/v1/profile/picture';

/** An account as its owner sees it. */
export function accountViewOf(account: AccountRecord) {
  const { id, tenant, email, role, profile, version, createdAt } = account;
  const { name, motherLanguage, targetLanguages, level, goals, picture } = profile;
  const kept = account.pictureType === undefined ? undefined : `/${PICTURE_ROUTE}`;
  return {
    ...{ id, organisation: tenant, email, emailVerified: account.emailVerifiedAt !== undefined },
    ...{ role, name, targetLanguages, goals, version },
    ...{ motherLanguage: motherLanguage ?? null, level: level ?? null },
    picture: kept ?? picture ?? null,
    createdAt: createdAt.toISOString(),
  };
}
