import { benchContext } from './bench-context.js';
import { holdEvents } from './contest/contest-bench.js';
import { smallModels } from './peers/peer-models.js';
import { speechSample } from './speech-sample.js';

/** `npm run bench:shapes`: one window of 30 s and exactly a hundred tokens, by a model of the small shape with random weights. */
const TOKENS = 100;

const context = benchContext(5);
const recordings = [await speechSample(context.shared, context.cache, 30)];
const task = { recordings, fixedTokens: TOKENS };

await holdEvents(context, [
  {
    name: 'shape-small',
    target: 0.75,
    models: await smallModels(context),
    ours: ['int8', 'f32'],
    kind: 'fixed',
    task,
  },
]);
