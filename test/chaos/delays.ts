import { medianOf } from '../bench/ratios.js';
import type { ProcessName } from '../support/platform.js';
import type { Crash, LedgerTurn, TurnLedger } from './turn-ledger.js';

/** What the crashes of one process cost. */
export interface CrashCost {
  readonly name: ProcessName;
  readonly crashes: number;
  /** Until it was ready again, the longest. */
  readonly restartMs: number;
  /** Turns that were under way during a crash or begun before the next one. */
  readonly turns: number;
  /** Of the turn that took the longest, beyond the median of its client's undisturbed turns. */
  readonly delayMs: number;
  /** Whose turn that was, and when it began. */
  readonly worst: string;
  /** The most that a turn took beyond that and beyond the restart of its crash: on a busy machine processes start slowly. */
  readonly beyondRestartMs: number;
}

/** A turn that begins so long after the process is ready again is undisturbed. */
const AFTERMATH_MS = 3_000;

/** What each process's crashes cost: each turn counts to the last crash before its end. */
export function crashCosts({ turns, crashes }: TurnLedger): CrashCost[] {
  const ended = [...turns.values()].filter(({ endedAt }) => endedAt !== undefined);
  const usual = usualMs(ended, crashes);
  const delayed = ended.flatMap((turn) => {
    const crash = crashes.findLast(({ killedAt }) => killedAt < turn.endedAt!);
    return crash ? [{ turn, crash, delayMs: tookMs(turn) - (usual.get(turn.client) ?? NaN) }] : [];
  });
  return [...Map.groupBy(crashes, ({ name }) => name)].map(([name, own]) => {
    const after = delayed
      .filter(({ crash }) => crash.name === name)
      .sort((one, other) => other.delayMs - one.delayMs);
    const [worst] = after;
    return {
      name,
      crashes: own.length,
      restartMs: Math.max(...own.map(restartMs)),
      turns: after.length,
      delayMs: Math.max(0, worst?.delayMs ?? 0),
      worst: worst
        ? `${worst.turn.client}, begun ${Math.round(worst.turn.begunAt - worst.crash.killedAt)} ms after the kill`
        : 'none',
      beyondRestartMs: Math.max(0, ...after.map(({ delayMs, crash }) => delayMs - restartMs(crash))),
    };
  });
}

function restartMs({ killedAt, readyAt }: Crash): number {
  return readyAt - killedAt;
}

/** The median of each client's undisturbed turns. */
export function usualMs(turns: readonly LedgerTurn[], crashes: readonly Crash[]): Map<string, number> {
  const undisturbed = turns.filter(
    (turn) =>
      !crashes.some(
        ({ killedAt, readyAt }) => killedAt < turn.endedAt! && readyAt + AFTERMATH_MS > turn.begunAt,
      ),
  );
  const byClient = Map.groupBy(undisturbed, ({ client }) => client);
  return new Map([...byClient].map(([client, own]) => [client, medianOf(own.map(tookMs))]));
}

function tookMs({ begunAt, endedAt }: LedgerTurn): number {
  return endedAt! - begunAt;
}
