import { describe, expect, it } from '@jest/globals';
import type { MessageBus } from '@parlance/messaging';
import type { TurnRecord, TurnRepository } from '@parlance/persistence';
import type { Logger } from '@parlance/telemetry';
import { UnpublishedTurns } from './unpublished-turns.service.js';

const NOW = Date.parse('2026-05-04T12:00:00Z');
const silent = { warn: () => undefined } as unknown as Logger;

/** Turns that nobody answers, stored a millisecond apart, and what of them is published. */
function store(count: number) {
  const network = { isDown: false };
  const begun = NOW - 60_000;
  const stored = Array.from({ length: count }, (_, index) => ({
    id: `turn-${index}`,
    createdAt: new Date(begun + index),
  })) as unknown as TurnRecord[];
  const published: string[] = [];
  const turns = {
    unanswered: async (from: Date, until: Date, limit: number) =>
      stored.filter(({ createdAt }) => createdAt > from && createdAt < until).slice(0, limit),
  } as unknown as TurnRepository;
  const bus = {
    publishWork: async (_: string, { identity }: { identity: { turn: string } }) => {
      if (network.isDown) throw new Error('no bus');
      published.push(identity.turn);
    },
  } as unknown as MessageBus;
  return { service: new UnpublishedTurns(turns, bus, silent), published, stored, network };
}

describe('turns that were stored and not published', () => {
  it('are published each once, however many wait before them', async () => {
    const { service, published, stored } = store(250);
    await service.look(NOW);
    expect(published).toEqual(stored.map(({ id }) => id));
    await service.look(NOW);
    expect(published).toHaveLength(250);
  });

  it('are left to the next look while the bus is away', async () => {
    const { service, published, network } = store(3);
    network.isDown = true;
    await expect(service.look(NOW)).rejects.toThrow('no bus');
    expect(published).toEqual([]);
    network.isDown = false;
    await service.look(NOW);
    expect(published).toHaveLength(3);
  });

  it('are left to the gateway that has only just stored them', async () => {
    const { service, published } = store(1);
    await service.look(NOW - 60_000 + 1_000);
    expect(published).toEqual([]);
  });
});
