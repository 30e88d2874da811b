import { benchContext } from './bench-context.js';
import { holdEvents } from './contest/contest-bench.js';
import { checkpointModels } from './peers/peer-models.js';
import { speechSample, utteranceFiles } from './speech-sample.js';

/** `npm run bench:transcribe`: five minutes of read speech in one file, and forty utterances one by one; tiny.en, greedy. */
const SECONDS = 300;
const UTTERANCES = 40;

const context = benchContext(5);
const models = await checkpointModels(context);
const long = [await speechSample(context.shared, context.cache, SECONDS)];
const short = [await speechSample(context.shared, context.cache, 60)];
const utterances = await utteranceFiles(context.shared, context.cache, UTTERANCES);

await holdEvents(context, [
  { name: 'greedy', target: 0.75, models, ours: ['int8', 'f32'], task: { recordings: long }, trial: short },
  {
    name: 'greedy-f32',
    target: 1,
    models,
    ours: ['f32'],
    kind: 'f32',
    task: { recordings: long },
    trial: short,
  },
  {
    name: 'greedy-utterances',
    target: 0.75,
    models,
    ours: ['int8', 'f32'],
    task: { recordings: utterances },
    trial: utterances.slice(0, 5),
  },
]);
