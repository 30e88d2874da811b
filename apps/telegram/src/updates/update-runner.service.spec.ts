import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type {
  BotCoordinationRepository,
  HeldUpdate,
  UpdateLease,
  UpdateInboxRepository,
} from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { until } from '../../../../test/support/until.js';
import type { UpdateScope } from '../bot/bot-context.js';
import type { PracticeBot } from '../bot/practice-bot.service.js';
import type { TelegramConfig } from '../telegram.config.js';
import { UpdateRunner } from './update-runner.service.js';

const CONFIG = {
  telegram: { bot: '42' },
  updates: { maxAtOnce: 2, maxOpen: 3, leaseMs: 90 },
} as TelegramConfig;
const update = (id: number): object => ({
  update_id: id,
  message: { message_id: 1, from: { id: 7, is_bot: false }, chat: { id: 7, type: 'private' } },
});

/** The store's part, in memory: which updates it was given, and what became of their leases. */
class Inbox {
  open = 0;
  readonly added: { id: string; isHeld: boolean }[] = [];
  readonly finished: string[] = [];
  readonly extended: { id: string; inMs: number }[] = [];
  isLost = false;

  countOpen = async (): Promise<number> => this.open;
  claim = async (): Promise<HeldUpdate[]> => [];
  deleteExpired = async (): Promise<void> => undefined;

  async add({ updateId, update }: { updateId: number; update: unknown }, lease: UpdateLease | undefined) {
    const id = `42:${updateId}`;
    if (this.added.some((one) => one.id === id)) return undefined;
    this.added.push({ id, isHeld: lease !== undefined });
    return lease ? { id, update, attempts: 1 } : undefined;
  }

  async extend(id: string, { until: end }: UpdateLease): Promise<boolean> {
    this.extended.push({ id, inMs: end.getTime() - Date.now() });
    return !this.isLost;
  }

  async finish(id: string): Promise<void> {
    this.finished.push(id);
  }
}

describe('the runner of updates', () => {
  let inbox: Inbox;
  let runner: UpdateRunner;
  let handle: (scope: UpdateScope) => Promise<void>;
  let apologies: number;

  beforeEach(() => {
    inbox = new Inbox();
    apologies = 0;
    handle = () => Promise.resolve();
    const bot = {
      handle: (_: unknown, scope: UpdateScope) => handle(scope),
      apologise: () => Promise.resolve(void (apologies += 1)),
    };
    runner = new UpdateRunner(
      inbox as unknown as UpdateInboxRepository,
      { deleteExpired: () => Promise.resolve() } as unknown as BotCoordinationRepository,
      bot as unknown as PracticeBot,
      CONFIG,
      silentLogger,
    );
  });
  afterEach(() => runner.drain(10));

  it('finishes an update once, however often it comes', async () => {
    let times = 0;
    handle = () => Promise.resolve(void (times += 1));
    await runner.receive(update(1));
    await runner.receive(update(1));
    await until(() => inbox.finished.length > 0);
    expect([times, inbox.finished]).toEqual([1, ['42:1']]);
  });

  it('leaves an update without room to the others', async () => {
    handle = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    for (const id of [1, 2, 3]) await runner.receive(update(id));
    expect(inbox.added.map(({ isHeld }) => isHeld)).toEqual([true, true, false]);
  });

  it('asks Telegram to come later where too many wait, and refuses what is no update', async () => {
    inbox.open = 3;
    await expect(runner.receive(update(1))).rejects.toMatchObject({
      code: 'inference.overloaded',
      retryable: true,
    });
    await expect(runner.receive({ update_id: 'x' })).rejects.toMatchObject({ code: 'request.invalid' });
    await expect(runner.receive(null)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('renews the lease while it works', async () => {
    const work = Promise.withResolvers<void>();
    handle = () => work.promise;
    await runner.receive(update(1));
    await until(() => inbox.extended.length >= 2);
    expect(inbox.finished).toEqual([]);
    work.resolve();
    await until(() => inbox.finished.length > 0);
  });

  it('stops where another replica has the update', async () => {
    inbox.isLost = true;
    let wasStopped = false;
    handle = ({ signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          wasStopped = true;
          reject(signal.reason);
        }),
      );
    await runner.receive(update(1));
    await until(() => wasStopped);
    expect(inbox.finished).toEqual([]);
  });

  it('tries again after the pause that a fault names', async () => {
    handle = () => Promise.reject(new AppError('quota.exceeded', 'later', { retryAfterSeconds: 60 }));
    await runner.receive(update(1));
    const { inMs } = await until(() => inbox.extended.find(({ inMs }) => inMs > 1_000));
    expect(inMs).toBeGreaterThan(59_000);
    expect([inbox.finished, apologies]).toEqual([[], 0]);
  });

  it('apologises for what it can never do, and leaves it', async () => {
    handle = () => Promise.reject(new TypeError('a fault of ours'));
    await runner.receive(update(1));
    await until(() => inbox.finished.length > 0);
    expect(apologies).toBe(1);
  });

  it('says nothing to someone who has blocked the bot', async () => {
    handle = () => Promise.reject(new AppError('request.invalid', 'Telegram refused sendMessage.'));
    await runner.receive(update(1));
    await until(() => inbox.finished.length > 0);
    expect(apologies).toBe(0);
  });

  it('hands over what is not done when it ends, and begins nothing more', async () => {
    handle = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await runner.receive(update(1));
    await runner.drain(20);
    expect(inbox.extended.at(-1)!.inMs).toBeLessThanOrEqual(0);
    expect(inbox.finished).toEqual([]);
    await expect(runner.receive(update(2))).rejects.toMatchObject({ code: 'service.draining' });
  });
});
