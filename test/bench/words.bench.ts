import { benchContext } from './bench-context.js';
import { report } from './bench-results.js';
import { Contestant } from './contest/contestant.js';
import { ourSpecs } from './contest/entrants.js';
import { compiledCheckpoint } from './peers/peer-models.js';
import { ratioRow } from './ratios.js';
import { speechSample } from './speech-sample.js';

/** `npm run bench:words`: what word times add to our own transcription of two minutes of read speech. */
const SECONDS = 120;
const PLAIN = { beamSize: 1, batchSize: 0, fixedTokens: 0 };

const context = benchContext(5);
const recordings = [await speechSample(context.shared, context.cache, SECONDS)];
const [spec] = ourSpecs(context, await compiledCheckpoint(context), ['int8']);
const ours = await Contestant.start(spec!);
const secondsOf = async (words: boolean): Promise<number> =>
  (await ours.run({ ...PLAIN, recordings, words })).wallSeconds;

await secondsOf(true);
const pairs: { ours: number; peers: number }[] = [];
for (let round = 1; round <= context.rounds; round++) {
  const [off, on] = [await secondsOf(false), await secondsOf(true)];
  context.say(`round ${round}  without ${off.toFixed(2)} s, with word times ${on.toFixed(2)} s`);
  pairs.push({ ours: on, peers: off });
}
await ours.stop();
await report(context.root, [ratioRow('words', 'ours-without-words', 1.25, pairs)]);
