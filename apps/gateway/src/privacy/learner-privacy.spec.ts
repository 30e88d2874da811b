import { describe, expect, it } from '@jest/globals';
import type {
  ConsentRepository,
  PrivacyJobRepository,
  PrivacySettingsRecord,
  PrivacySettingsRepository,
  SessionRepository,
} from '@parlance/persistence';
import { USUAL_PRIVACY } from '@parlance/contracts';
import { LearnerPrivacy } from './learner-privacy.service.js';
import { TenantPrivacy } from './tenant-privacy.service.js';

interface Kept {
  readonly isRequired?: boolean;
  readonly user?: string | undefined;
  /** What the learner said last; undefined where nothing. */
  readonly given?: boolean | undefined;
  readonly blocked?: readonly string[];
}

function privacyOf({ isRequired = true, user = 'ada', given, blocked = [] }: Kept) {
  const settings: PrivacySettingsRecord = {
    ...{ ...USUAL_PRIVACY, tenant: 'acme', salt: 'salt', version: 1 },
    recordingConsentRequired: isRequired,
  };
  const tenants = new TenantPrivacy({ open: async () => settings } as unknown as PrivacySettingsRepository);
  const parts = {
    sessions: { find: async (_: string, id: string) => (id === 'nobody’s' ? { id } : { id, user }) },
    consents: { latest: async () => (given === undefined ? undefined : { given }) },
    jobs: { isBlocked: async (_: string, pseudonym: string) => blocked.includes(pseudonym) },
  };
  const learners = new LearnerPrivacy(
    tenants,
    parts.sessions as unknown as SessionRepository,
    parts.consents as unknown as ConsentRepository,
    parts.jobs as unknown as PrivacyJobRepository,
  );
  return { tenants, learners };
}

describe('a recording', () => {
  it.each([
    ['is kept where the tenant asks for no consent', { isRequired: false }, true],
    ['is kept of a learner who has given it', { given: true }, true],
    ['is not kept of a learner who has withdrawn it', { given: false }, false],
    ['is not kept of a learner who has said nothing', {}, false],
  ] as const)('%s', async (_, kept, expected) => {
    expect(await privacyOf(kept).learners.allowsRecording('acme', 'session')).toBe(expected);
  });

  it('is not kept of a session that is nobody’s, whatever others have allowed', async () => {
    expect(await privacyOf({ given: true }).learners.allowsRecording('acme', 'nobody’s')).toBe(false);
  });
});

describe('a learner who is being erased', () => {
  it('is refused by a pseudonym that tells neither the learner nor, to another tenant, anything', async () => {
    const { tenants } = privacyOf({});
    const pseudonym = await tenants.pseudonym('acme', 'ada');
    expect(pseudonym).toMatch(/^[0-9a-f]{32}$/);
    expect(await tenants.pseudonym('globex', 'ada')).not.toBe(pseudonym);
    const { learners } = privacyOf({ blocked: [pseudonym] });
    await expect(learners.refuseErased({ tenant: 'acme', user: 'ada' })).rejects.toMatchObject({
      code: 'learner.erased',
    });
    await learners.refuseErased({ tenant: 'acme', user: 'bob' });
    await learners.refuseErased({ tenant: 'acme' });
  });
});
