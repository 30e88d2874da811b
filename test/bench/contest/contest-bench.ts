import type { BenchContext } from '../bench-context.js';
import { noteAbsences, report } from '../bench-results.js';
import type { BenchModel } from '../peers/peer-models.js';
import type { RatioRow } from '../ratios.js';
import { compete, type Absence } from './contest.js';
import type { Task } from './contestant.js';
import { impossibleOffers, ourSpecs, peerOffers, peerSpecs, type OfferKind } from './entrants.js';

const PLAIN: Task = { recordings: [], beamSize: 1, batchSize: 0, fixedTokens: 0, words: false };

export interface Event {
  readonly name: string;
  readonly target: number;
  readonly models: BenchModel;
  readonly ours: readonly ('int8' | 'f32')[];
  /** What the peers must be able to do; left out, every one takes part in every precision. */
  readonly kind?: OfferKind;
  readonly task: Partial<Task> & Pick<Task, 'recordings'>;
  /** Left out: the task itself. */
  readonly trial?: readonly string[];
}

/** Runs the events one after the other, and writes and prints their rows at the end. */
export async function holdEvents(context: BenchContext, events: readonly Event[]): Promise<void> {
  const rows: RatioRow[] = [];
  const absences: Absence[] = [];
  for (const { name, target, models, ours, kind = 'best', task, trial } of events) {
    context.say(`${name}:`);
    const whole = { ...PLAIN, ...task };
    const outcome = await compete({
      name,
      target,
      task: whole,
      trial: { ...whole, recordings: trial ?? task.recordings },
      ours: ourSpecs(context, models, ours),
      peers: await peerSpecs(context, models, peerOffers(kind)),
      rounds: context.rounds,
      say: context.say,
    });
    rows.push(outcome.row);
    absences.push(
      ...[...impossibleOffers(kind), ...outcome.absences].map(({ peer, reason }) => ({
        peer: `${name}: ${peer}`,
        reason,
      })),
    );
  }
  await noteAbsences(context.root, absences);
  await report(context.root, rows);
}
