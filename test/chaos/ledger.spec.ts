/** Turns while every process is killed in turn: one round, or `npm run chaos` for ten minutes. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { loadavg } from 'node:os';
import { tellFigure } from '../support/figures.js';
import { Platform } from '../support/platform.js';
import { runChaos } from './chaos-run.js';
import { crashCosts, usualMs } from './delays.js';
import { auditLedger, type Audit } from './ledger-audit.js';
import type { TurnLedger } from './turn-ledger.js';

/** Of gateway, conversation, tts and inference; one is killed at a time. Two as the chart has them. */
const REPLICAS = Number(process.env.PARLANCE_CHAOS_REPLICAS ?? 1);
const RUN_MS = Number(process.env.PARLANCE_CHAOS_MINUTES ?? 0) * 60_000;
/** What a crash may cost a turn. Machines that run the suites are often busy with others: there more, and beside what the process took to
 *  start; the command is for a machine that does nothing else. */
const LIMIT =
  RUN_MS > 0
    ? ({ ms: 5_000, of: 'delayMs', text: 'at most 5 s' } as const)
    : ({ ms: 20_000, of: 'beyondRestartMs', text: 'at most 20 s beside its start' } as const);

jest.setTimeout(300_000 + RUN_MS);

describe('turns while gateway, conversation, tts, inference and NATS are killed and restarted in turn', () => {
  let platform: Platform;
  let ledger: TurnLedger;
  let audit: Audit;
  beforeAll(async () => {
    // The answer to an upload is its acknowledgement: the turn goes on behind it.
    platform = await Platform.start({
      gateways: REPLICAS,
      replicas: REPLICAS,
      gateway: { PARLANCE_TURN_TIMEOUT_MS: '1' },
    });
    ledger = await runChaos(platform, RUN_MS);
    audit = await auditLedger(platform.gateway, ledger);
    tellLedger(ledger, audit);
  });
  afterAll(() => platform?.stop());

  it('no acknowledged turn is lost', () => {
    expect(ledger.turns.size).toBeGreaterThan(ledger.crashes.length);
    expect(audit.lost).toEqual([]);
  });

  it('no reply, sentence or spoken sentence is there twice', () => {
    expect(audit.doubled).toEqual([]);
  });

  it('sockets resume: a client that comes back is told what it missed, in order, once', () => {
    expect(
      Math.min(...['/voice', '/v1/listen'].map((name) => ledger.resumed.get(name) ?? 0)),
    ).toBeGreaterThan(0);
    expect(audit.missed).toEqual([]);
  });

  it('what was taken without an acknowledgement is answered too, and keeps nobody waiting', () => {
    expect(audit.unacknowledged.filter((line) => line.endsWith('answering'))).toEqual([]);
  });

  it(`a crash delays no turn by more than its limit: ${LIMIT.text}`, () => {
    expect(crashCosts(ledger).filter((cost) => !(cost[LIMIT.of] <= LIMIT.ms))).toEqual([]);
  });
});

function tellLedger(ledger: TurnLedger, { lost, doubled, missed, unacknowledged }: Audit): void {
  const turns = [...ledger.turns.values()];
  const usual = usualMs(
    turns.filter(({ endedAt }) => endedAt !== undefined),
    ledger.crashes,
  );
  for (const [client, own] of Map.groupBy(turns, ({ client }) => client)) {
    const [repeated = 0, resumed = 0] = [ledger.repeated.get(client), ledger.resumed.get(client)];
    const told = `${own.length} turns, median undisturbed ${Math.round(usual.get(client) ?? NaN)} ms, ${repeated} tries repeated`;
    tellFigure(client, `${told}, resumed ${resumed} times`, 'told only');
  }
  for (const { name, crashes, restartMs, turns: near, delayMs, worst } of crashCosts(ledger))
    tellFigure(
      `${name} killed`,
      `${crashes} times, ready again after ${Math.round(restartMs)} ms at most, ${near} turns, longest delay ${Math.round(delayMs)} ms (${worst})`,
      LIMIT.text,
    );
  tellFigure(
    'load of the machine',
    loadavg()
      .map((load) => load.toFixed(1))
      .join(' '),
    'told only',
  );
  tellFigure('acknowledged turns lost', `${lost.length} of ${turns.length}`, 'none');
  tellFigure('doubled replies', String(doubled.length), 'none');
  tellFigure('events missed by a client that came back', String(missed.length), 'none');
  tellFigure('turns taken without an acknowledgement', String(unacknowledged.length), 'told only');
}
