import { beforeEach, describe, expect, it } from '@jest/globals';
import { ulid } from 'ulid';
import type { MessageBus } from '@parlance/messaging';
import type {
  AccountRepository,
  ClosingSummaryRepository,
  SessionRepository,
  TurnRepository,
} from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { aSessionContext } from '../../../../test/support/prompt-factory.js';
import { until } from '../../../../test/support/until.js';
import type { ClosingSummaryWriter, SummaryTask } from './closing-summary-writer.service.js';
import { ClosingSummaries } from './closing-summaries.service.js';

interface Ended {
  readonly id: string;
  readonly tenant: string;
}

/** Sessions whose summary is due, in order. */
let due: Ended[];
/** Summaries that are being written, by tenant, with what ends them. */
let writing: { tenant: string; finish: (fault?: Error) => void }[];
let kept: string[];
let deferred: string[];
let most: number;
let summaries: ClosingSummaries;

beforeEach(() => {
  [due, writing, kept, deferred, most] = [[], [], [], [], 0];
  const sessions = {
    claimSummary: async (_now: Date, _until: Date, without: readonly string[]) => {
      const at = due.findIndex(({ tenant }) => !without.includes(tenant));
      const [claimed] = at < 0 ? [] : due.splice(at, 1);
      return claimed && { ...claimed, context: aSessionContext(), createdAt: new Date() };
    },
    deferSummary: async (_tenant: string, id: string) => void deferred.push(id),
    endSummaryRequest: async () => undefined,
    find: async () => ({}),
  };
  const writer = {
    write: ({ usedBy }: SummaryTask) =>
      new Promise((resolve, reject) => {
        const { tenant } = usedBy;
        const mine = {
          tenant,
          finish: (fault?: Error) => {
            writing.splice(writing.indexOf(mine), 1);
            if (fault) reject(fault);
            else resolve({ summary: {}, spoken: 'en', writtenIn: 'en', model: 'builtin-coach' });
          },
        };
        writing.push(mine);
        most = Math.max(most, writing.length);
      }),
  };
  summaries = new ClosingSummaries(
    sessions as unknown as SessionRepository,
    { list: async () => [] } as unknown as TurnRepository,
    {
      keep: async ({ session }: { session: string }) => void kept.push(session),
    } as unknown as ClosingSummaryRepository,
    {} as AccountRepository,
    writer as unknown as ClosingSummaryWriter,
    {} as MessageBus,
    silentLogger,
  );
});

const ended = (tenant: string, count: number): void => {
  for (let number = 0; number < count; number += 1) due.push({ id: ulid(), tenant });
};
const tenants = () => writing.map(({ tenant }) => tenant).sort();

describe('closing summaries', () => {
  it('are written side by side, two of one tenant and four in all', async () => {
    ended('acme', 50);
    ended('globex', 3);
    ended('initech', 3);
    await summaries.look();
    await until(() => writing.length === 4);
    // The flood of one tenant leaves room for what came after it.
    expect(tenants()).toEqual(['acme', 'acme', 'globex', 'globex']);
    writing.find(({ tenant }) => tenant === 'globex')!.finish();
    await until(() => kept.length === 1 && writing.length === 4);
    expect(tenants()).toEqual(['acme', 'acme', 'globex', 'globex']);
    while (writing.some(({ tenant }) => tenant === 'globex'))
      writing.find(({ tenant }) => tenant === 'globex')!.finish();
    await until(() => kept.length === 3 && writing.length === 4);
    expect(tenants()).toEqual(['acme', 'acme', 'initech', 'initech']);
    expect(most).toBe(4);
  });

  it('of a session that ends while a slow one is written are not held up by it', async () => {
    ended('acme', 1);
    await summaries.look();
    await until(() => writing.length === 1);
    ended('acme', 1);
    await summaries.look();
    await until(() => writing.length === 2);
  });

  it('make room for the next where one fails, which is tried again later', async () => {
    ended('acme', 3);
    const [failing] = due;
    await summaries.look();
    await until(() => writing.length === 2);
    writing[0]!.finish(new Error('no'));
    await until(() => deferred.length === 1 && due.length === 0);
    expect(deferred).toEqual([failing!.id]);
  });

  it('begin no more once the service ends, which waits for those in hand', async () => {
    ended('acme', 9);
    await summaries.look();
    await until(() => writing.length === 2);
    const stopped = summaries.beforeApplicationShutdown();
    while (writing.length > 0) writing[0]!.finish();
    await stopped;
    expect([due.length, deferred.length, kept]).toEqual([7, 2, []]);
  });
});
