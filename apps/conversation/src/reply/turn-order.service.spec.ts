import { describe, expect, it } from '@jest/globals';
import { Postponed } from '@parlance/messaging';
import type { TurnRecord, TurnRepository, TurnState } from '@parlance/persistence';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { aTurn } from '../../../../test/support/turn-factory.js';
import type { ReplyContextService } from '../context/reply-context.service.js';
import { TurnOrderService } from './turn-order.service.js';

const SAID_AT = Date.parse('2026-01-01T00:00:00Z');
const second = aTurn({ sequence: 2, occurredAt: new Date(SAID_AT).toISOString() });

/** A store in which the turn before is in the given state.
 *  @param reads  the sequences of the exchanges that each look at the session finds */
function orderAfter(state: TurnState | undefined, reads: number[][] = []): TurnOrderService {
  const findPrevious = async (): Promise<Partial<TurnRecord> | undefined> => state && { state };
  const load = async () => ({ exchanges: reads.shift()!.map((sequence) => ({ sequence })) });
  return new TurnOrderService(
    { findPrevious } as unknown as TurnRepository,
    { load } as unknown as ReplyContextService,
    silentLogger,
  );
}

describe('the order of turns', () => {
  it('lets the first turn pass', async () => {
    await expect(orderAfter(undefined).waitForPrevious(aTurn({ sequence: 1 }))).resolves.toBeUndefined();
  });

  it.each(['replied', 'failed'] as const)('lets a turn pass when the one before is %s', async (state) => {
    await expect(orderAfter(state).waitForPrevious(second, SAID_AT)).resolves.toBeUndefined();
  });

  it('postpones a turn whose forerunner is open, for a minute', async () => {
    await expect(orderAfter('transcribed').waitForPrevious(second, SAID_AT + 59_000)).rejects.toBeInstanceOf(
      Postponed,
    );
    await expect(
      orderAfter('transcribed').waitForPrevious(second, SAID_AT + 60_000),
    ).resolves.toBeUndefined();
  });

  it('waits a moment only for a turn that nobody has written', async () => {
    await expect(orderAfter(undefined).waitForPrevious(second, SAID_AT + 2_900)).rejects.toBeInstanceOf(
      Postponed,
    );
    await expect(orderAfter(undefined).waitForPrevious(second, SAID_AT + 3_000)).resolves.toBeUndefined();
  });

  it('answers from the first look at the session where that has the reply before', async () => {
    const third = { ...second, sequence: 3 };
    const reads = [[1, 2], []];
    expect(await orderAfter(undefined, reads).contextOf(third, SAID_AT)).toMatchObject({
      exchanges: [{ sequence: 1 }, { sequence: 2 }],
    });
    expect(reads).toEqual([[]]);
    expect(await orderAfter(undefined, [[]]).contextOf(aTurn({ sequence: 1 }))).toEqual({ exchanges: [] });
  });

  it('looks again once the turn before is over, so that its reply is remembered', async () => {
    const reads = [[], [1]];
    expect(await orderAfter('replied', reads).contextOf(second, SAID_AT)).toEqual({
      exchanges: [{ sequence: 1 }],
    });
    await expect(orderAfter('transcribed', [[]]).contextOf(second, SAID_AT)).rejects.toBeInstanceOf(
      Postponed,
    );
  });
});
