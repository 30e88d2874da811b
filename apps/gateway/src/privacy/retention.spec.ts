import { beforeEach, describe, expect, it } from '@jest/globals';
import { USUAL_PRIVACY } from '@parlance/contracts';
import type { ObjectStore } from '@parlance/messaging';
import {
  ALL_DAYS,
  UsageLedger,
  type AuditRepository,
  type LeaseRepository,
  type PrivacyJobRepository,
  type PrivacySettingsRepository,
  type SessionRepository,
} from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { UsageRows } from '../../../../test/support/usage-rows.js';
import type { AuditLog } from '../audit/audit-log.service.js';
import { StoredBytes } from '../recordings/stored-bytes.service.js';
import type { SessionDeletion } from '../recordings/session-deletion.service.js';
import { Retention } from './retention.service.js';

const NOW = Date.parse('2026-12-01T00:00:00Z');
const DAY_MS = 86_400_000;
const recording = (key: string, bytes: number, ageDays: number) => ({
  ...{ key: `recordings/acme/${key}`, bytes },
  modifiedAt: new Date(NOW - ageDays * DAY_MS),
});

let objects: Map<string, ReturnType<typeof recording>>;
let ledger: UsageLedger;
let retention: Retention;
let written: object[];
beforeEach(() => {
  const stored = [
    recording('S/1.flac', 100, 31),
    recording('S/2.flac', 20, 29),
    recording('T/3.flac', 3_000, 31),
    recording('T/session.json', 77, 31),
  ];
  objects = new Map(stored.map((each) => [each.key, each]));
  written = [];
  const store = {
    async *list(prefix: string) {
      for (const [key, object] of [...objects]) if (key.startsWith(prefix)) yield object;
    },
    delete: async (key: string) => void objects.delete(key),
  } as unknown as ObjectStore;
  const users: Readonly<Record<string, string>> = { S: 'ada', T: 'bob' };
  const sessions = {
    find: async (_: string, id: string) => ({ id, user: users[id] }),
  } as unknown as SessionRepository;
  ledger = new UsageLedger(new UsageRows().repository, { intervalMs: 1_000 }, silentLogger);
  ledger.count({ tenant: 'acme', user: 'ada' }, { storedBytes: 120 });
  ledger.count({ tenant: 'acme', user: 'bob' }, { storedBytes: 3_000 });
  const retentionDays = { recordings: 30, turns: null, audit: null };
  retention = new Retention(
    {
      withRetention: async () => [{ ...USUAL_PRIVACY, tenant: 'acme', retentionDays }],
    } as unknown as PrivacySettingsRepository,
    sessions,
    {} as SessionDeletion,
    store,
    new StoredBytes(ledger, sessions, silentLogger),
    {} as AuditRepository,
    { writeOwn: async (act: object) => void written.push(act) } as unknown as AuditLog,
    { expired: async () => [] } as unknown as PrivacyJobRepository,
    { acquire: async () => true } as unknown as LeaseRepository,
    { privacy: { pollMs: 1, leaseMs: 1, verifyAfterMs: 1, retentionEveryMs: 1_000 } },
    silentLogger,
  );
});

const levelOf = (scope: 'tenant' | 'learner', id: string) => {
  const { storedBytes = 0, deletedBytes = 0 } = ledger.used({ tenant: 'acme', scope, id, day: ALL_DAYS });
  return storedBytes - deletedBytes;
};

describe('recordings that have had their time', () => {
  it('give their space back to the tenant and to the learners whose they were', async () => {
    await retention.enforce('me', NOW);
    expect([...objects.keys()]).toEqual(['recordings/acme/S/2.flac']);
    expect([levelOf('tenant', ''), levelOf('learner', 'ada'), levelOf('learner', 'bob')]).toEqual([
      20, 20, 0,
    ]);
    expect(written).toEqual([{ tenant: 'acme', action: 'retention.remove', details: { recordings: 3 } }]);
  });

  it('are not removed again before it is time for the next look', async () => {
    await retention.enforce('me', NOW);
    objects.set('recordings/acme/S/4.flac', recording('S/4.flac', 1, 40));
    await retention.enforce('me', NOW + 999);
    expect(objects.size).toBe(2);
    await retention.enforce('me', NOW + 1_000);
    expect(objects.size).toBe(1);
  });
});
