import { benchContext } from './bench-context.js';
import { holdEvents } from './contest/contest-bench.js';
import { baseModels, checkpointModels } from './peers/peer-models.js';
import { speechSample } from './speech-sample.js';

/** `npm run bench:beam`: read speech by five beams: tiny.en over two minutes, base over one. */
const SECONDS = 120;
const BEAMS = 5;

const context = benchContext();
const models = await checkpointModels(context);
const recordings = [await speechSample(context.shared, context.cache, SECONDS)];
const trial = [await speechSample(context.shared, context.cache, 30)];

await holdEvents(context, [
  {
    name: 'beam-5',
    target: 0.6,
    models,
    ours: ['int8', 'f32'],
    kind: 'beam',
    task: { recordings, beamSize: BEAMS },
    trial,
  },
  {
    name: 'beam-5-base',
    target: 0.6,
    models: await baseModels(context),
    ours: ['int8', 'f32'],
    kind: 'beam',
    task: { recordings: [await speechSample(context.shared, context.cache, SECONDS / 2)], beamSize: BEAMS },
    trial,
  },
]);
