import { benchContext } from './bench-context.js';
import { holdEvents } from './contest/contest-bench.js';
import { checkpointModels } from './peers/peer-models.js';
import { speechSample } from './speech-sample.js';

/** `npm run bench:beam`: two minutes of read speech, tiny.en, five beams. */
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
]);
