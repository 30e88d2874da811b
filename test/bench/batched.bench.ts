import { benchContext } from './bench-context.js';
import { holdEvents } from './contest/contest-bench.js';
import { checkpointModels } from './peers/peer-models.js';
import { speechSample } from './speech-sample.js';

/** `npm run bench:batched`: ten minutes of read speech, tiny.en, greedy, cut by voice activity and decoded eight at a time,
 *  against faster-whisper's batched pipeline: no other peer has one. */
const SECONDS = 600;
const BATCH = 8;

const context = benchContext();
const models = await checkpointModels(context);
const recordings = [await speechSample(context.shared, context.cache, SECONDS)];
const trial = [await speechSample(context.shared, context.cache, 60)];

await holdEvents(context, [
  {
    name: 'batched',
    target: 0.75,
    models,
    ours: ['int8', 'f32'],
    kind: 'batched',
    task: { recordings, batchSize: BATCH },
    trial,
  },
]);
