import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { compete } from './contest/contest.js';
import type { ContestantSpec, Task } from './contest/contestant.js';
import { ourSpecs } from './contest/entrants.js';
import { ratioRow, type Pair, type RatioRow } from './ratios.js';
import { speechSample } from './speech-sample.js';

/** `PARLANCE_BENCH_EARLIER=FOLDER npm run bench:revision`: this checkout's recogniser and that of another one, which is set up, in turn over
 *  the same minute of read speech; so that a machine whose speed changes is as fast for both. Whichever
 *  process is started first is 3 to 8 % slower here, with the same code in both; so each is started first for one half of the rounds. */
const SECONDS = 60;
/** In each order of starting. */
const ROUNDS = 5;
/** This much slower is the same. */
const TARGET = 1.05;
const MODELS = [
  { name: 'whisper-tiny.en', precisions: ['int8', 'f32'] },
  { name: 'whisper-base', precisions: ['int8'] },
] as const;

const context = benchContext(ROUNDS);
const earlier = earlierCheckout();
const task: Task = {
  recordings: [await speechSample(context.shared, context.cache, SECONDS)],
  ...{ beamSize: 1, batchSize: 0, fixedTokens: 0, words: false },
};
const rows: RatioRow[] = [];
for (const { name, precisions } of MODELS) {
  for (const precision of precisions) {
    const specOf = (root: string) =>
      ourSpecs({ ...context, root }, { compiled: join(root, '.cache/models'), name }, [precision])[0]!;
    const ours = specOf(context.root);
    const row = `revision-${name}-${precision}`;
    context.say(`${row}:`);
    const before = { ...specOf(earlier), name: `earlier-${precision}` };
    const pairs = [
      ...(await pairsOf(row, ours, before)),
      ...(await pairsOf(row, before, ours)).map((pair) => ({ ours: pair.peers, peers: pair.ours })),
    ];
    rows.push(ratioRow(row, before.name, TARGET, pairs));
  }
}
await report(context.root, rows);

async function pairsOf(
  name: string,
  first: ContestantSpec,
  second: ContestantSpec,
): Promise<readonly Pair[]> {
  const contest = { name, target: TARGET, task, trial: task, ours: [first], peers: [second] };
  return (await compete({ ...contest, rounds: context.rounds, say: context.say })).pairs;
}

function earlierCheckout(): string {
  const named = process.env.PARLANCE_BENCH_EARLIER;
  if (!named)
    throw new Error(
      'PARLANCE_BENCH_EARLIER: name the folder of another checkout that `make test` has set up',
    );
  const root = resolve(named);
  const contestant = join(root, 'dist/test/bench/contest/our-contestant.js');
  if (!existsSync(contestant))
    throw new Error(`PARLANCE_BENCH_EARLIER: ${contestant} is not there; run \`make test\` there`);
  return root;
}
