import { plainWords, wordErrors } from '../../support/word-errors.js';
import { medianOf, ratioRow, type Pair, type RatioRow } from '../ratios.js';
import { Contestant, type ContestantSpec, type Measure, type Task } from './contestant.js';

export interface Contest {
  /** Of the row. */
  readonly name: string;
  readonly target: number;
  readonly task: Task;
  /** A short task of the same kind: it warms every engine up, and tells which peers are worth the long one. */
  readonly trial: Task;
  readonly ours: readonly ContestantSpec[];
  readonly peers: readonly ContestantSpec[];
  readonly rounds: number;
  readonly say: (line: string) => void;
}

/** An engine that could not be measured, and why. */
export interface Absence {
  readonly peer: string;
  readonly reason: string;
}

export interface ContestOutcome {
  readonly row: RatioRow;
  /** Seconds of ours and of the best peer, round by round. */
  readonly pairs: readonly Pair[];
  readonly absences: readonly Absence[];
}

/** Peers that go into the long task: the fastest of the trial. */
const FINALISTS = 2;

/** Measures ours against the best peer: a trial of everyone, then the long task in turns, ours and the fastest peers'. */
export async function compete(contest: Contest): Promise<ContestOutcome> {
  const { say, rounds, task, name, target } = contest;
  const absences: Absence[] = [];
  const [own] = await best(contest.ours, contest, 1, absences);
  const found = await best(contest.peers, contest, FINALISTS, absences, own?.measure);
  const us = own?.contestant;
  const peers = found.map(({ contestant }) => contestant);
  const entrants = us ? [us, ...peers] : peers;
  try {
    if (!us || peers.length === 0)
      throw new Error(`${name}: ${absences.map(({ peer, reason }) => `${peer}: ${reason}`).join('; ')}`);
    const runs = new Map<Contestant, Measure[]>(entrants.map((entrant) => [entrant, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const entrant of entrants) {
        const measure = await entrant.run(task);
        runs.get(entrant)?.push(measure);
        say(
          `  round ${round}  ${describe(entrant, measure, entrant === us ? undefined : runs.get(us)?.[0])}`,
        );
      }
    }
    const seconds = (entrant: Contestant): number[] =>
      (runs.get(entrant) ?? []).map(({ wallSeconds }) => wallSeconds);
    const peer = peers.reduce((a, b) => (medianOf(seconds(b)) < medianOf(seconds(a)) ? b : a));
    const pairs = seconds(us).map((ourSeconds, i) => ({ ours: ourSeconds, peers: seconds(peer)[i] ?? NaN }));
    return { row: ratioRow(name, peer.name, target, pairs), pairs, absences };
  } finally {
    for (const entrant of entrants) await entrant.stop();
  }
}

interface Tried {
  readonly contestant: Contestant;
  readonly measure: Measure;
}

/** Runs the trial twice with each (the first run warms up) and keeps the fastest `count`; the others' processes end. */
async function best(
  specs: readonly ContestantSpec[],
  { trial, say }: Contest,
  count: number,
  absences: Absence[],
  own?: Measure,
): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const spec of specs) {
    try {
      const contestant = await Contestant.start(spec);
      await contestant.run(trial);
      const measure = await contestant.run(trial);
      say(`  trial    ${describe(contestant, measure, own)}  (version ${contestant.version})`);
      tried.push({ contestant, measure });
    } catch (error) {
      const reason = (error as Error).message;
      say(`  ${spec.name} is not measured here: ${reason}`);
      absences.push({ peer: spec.name, reason });
    }
  }
  tried.sort((a, b) => a.measure.wallSeconds - b.measure.wallSeconds);
  for (const { contestant } of tried.slice(count)) await contestant.stop();
  return tried.slice(0, count);
}

/** @param own  ours of the same task: an engine whose words are quite others has not done the same work */
function describe({ name }: Contestant, { wallSeconds, cpuSeconds, texts }: Measure, own?: Measure): string {
  const words = plainWords(texts.join(' '));
  const ours = plainWords(own?.texts.join(' ') ?? '');
  const other =
    ours.length > 0
      ? `, ${((100 * wordErrors(ours, words)) / ours.length).toFixed(1)} % other than ours`
      : '';
  const [wall, cpu] = [wallSeconds, cpuSeconds].map((seconds) => seconds.toFixed(2).padStart(7));
  return `${name.padEnd(30)} ${wall} s, CPU ${cpu} s, ${words.length} words${other}`;
}
