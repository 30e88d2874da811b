import { medianOf, ratioRow, type RatioRow } from '../ratios.js';
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
  readonly absences: readonly Absence[];
}

/** Peers that go into the long task: the fastest of the trial. */
const FINALISTS = 2;

/** Measures ours against the best peer: a trial of everyone, then the long task in turns, ours and the fastest peers'. */
export async function compete(contest: Contest): Promise<ContestOutcome> {
  const { say, rounds, task, name, target } = contest;
  const absences: Absence[] = [];
  const ours = await best(contest.ours, contest, 1, absences);
  const peers = await best(contest.peers, contest, FINALISTS, absences);
  const entrants = [...ours, ...peers];
  try {
    const [us] = ours;
    if (!us || peers.length === 0)
      throw new Error(`${name}: ${absences.map(({ peer, reason }) => `${peer}: ${reason}`).join('; ')}`);
    const runs = new Map<Contestant, Measure[]>(entrants.map((entrant) => [entrant, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const entrant of entrants) {
        const measure = await entrant.run(task);
        runs.get(entrant)?.push(measure);
        say(`  round ${round}  ${describe(entrant, measure)}`);
      }
    }
    const seconds = (entrant: Contestant): number[] =>
      (runs.get(entrant) ?? []).map(({ wallSeconds }) => wallSeconds);
    const peer = peers.reduce((a, b) => (medianOf(seconds(b)) < medianOf(seconds(a)) ? b : a));
    const pairs = seconds(us).map((own, i) => ({ ours: own, peers: seconds(peer)[i] ?? NaN }));
    return { row: ratioRow(name, peer.name, target, pairs), absences };
  } finally {
    for (const entrant of entrants) await entrant.stop();
  }
}

/** Runs the trial twice with each (the first run warms up) and keeps the fastest `count`; the others' processes end. */
async function best(
  specs: readonly ContestantSpec[],
  { trial, say }: Contest,
  count: number,
  absences: Absence[],
): Promise<Contestant[]> {
  const tried: { contestant: Contestant; seconds: number }[] = [];
  for (const spec of specs) {
    try {
      const contestant = await Contestant.start(spec);
      await contestant.run(trial);
      const measure = await contestant.run(trial);
      say(`  trial    ${describe(contestant, measure)}  (version ${contestant.version})`);
      tried.push({ contestant, seconds: measure.wallSeconds });
    } catch (error) {
      const reason = (error as Error).message;
      say(`  ${spec.name} is not measured here: ${reason}`);
      absences.push({ peer: spec.name, reason });
    }
  }
  tried.sort((a, b) => a.seconds - b.seconds);
  for (const { contestant } of tried.slice(count)) await contestant.stop();
  return tried.slice(0, count).map(({ contestant }) => contestant);
}

function describe({ name }: Contestant, { wallSeconds, cpuSeconds, texts }: Measure): string {
  const words = texts.join(' ').split(/\s+/).length;
  return `${name.padEnd(24)} ${wallSeconds.toFixed(2).padStart(7)} s, CPU ${cpuSeconds.toFixed(2).padStart(7)} s, ${words} words`;
}
