import { benchContext } from './bench-context.js';
import { holdEvents } from './contest/contest-bench.js';
import { baseModels, checkpointModels } from './peers/peer-models.js';
import { speechSample, utteranceFiles } from './speech-sample.js';

/** `npm run bench:transcribe`: read speech in one file, and utterances one by one, greedy: tiny.en over five minutes and forty
 *  utterances, base over half of both. */
const SECONDS = 300;
const UTTERANCES = 40;

const context = benchContext();
const models = await checkpointModels(context);
const base = await baseModels(context);
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
  {
    name: 'greedy-base',
    target: 0.75,
    models: base,
    ours: ['int8', 'f32'],
    task: { recordings: [await speechSample(context.shared, context.cache, SECONDS / 2)] },
    trial: short,
  },
  {
    name: 'greedy-utterances-base',
    target: 0.75,
    models: base,
    ours: ['int8', 'f32'],
    task: { recordings: utterances.slice(0, UTTERANCES / 2) },
    trial: utterances.slice(0, 5),
  },
]);
