import { benchContext } from './bench-context.js';
import { BenchPlatform } from './bench-platform.js';
import { report } from './bench-results.js';
import { liveSpeech } from './live/live-speech.js';
import { peakResidentMiB } from './process-figures.js';
import { ratioRow } from './ratios.js';
import { InferenceClient } from './speech-client.js';

/** `npm run bench:memory`: a pod of tiny.en in 8 bits takes a thousand requests of every kind, two at a time; its peak memory
 *  then, against that after the first ten. */
const REQUESTS = Number(process.env.PARLANCE_BENCH_REQUESTS || 1000);
const FIRST = 10;
const SIDE_BY_SIDE = 2;
const BYTES_PER_SECOND = 32_000;

const context = benchContext(1);
const { say } = context;
const { utterances } = await liveSpeech(context.shared, 50);
const clips = utterances.map(({ pcm }) => pcm);
const platform = await BenchPlatform.start(context);
const client = new InferenceClient(platform.inferenceAddress);

/** Every kind is among the first ten. */
const KINDS: readonly ((clip: Buffer) => Promise<unknown>)[] = [
  (clip) => client.recognise(clip.subarray(0, 2 * BYTES_PER_SECOND)),
  (clip) => client.recognise(clip, { wordTimestamps: true }),
  (clip) => client.recognise(clip.subarray(0, 3 * BYTES_PER_SECOND), { decoding: { beamSize: 5 } }),
  (clip) =>
    client.stream(Buffer.concat([clip.subarray(0, 3 * BYTES_PER_SECOND), Buffer.alloc(BYTES_PER_SECOND)])),
  (clip) =>
    client.recognise(clip.subarray(0, 3 * BYTES_PER_SECOND), { temperature: 0.4, withoutFallback: true }),
  (clip) => client.recognise(Buffer.concat([clip, clip, clip]).subarray(0, 8 * BYTES_PER_SECOND)),
];

try {
  const pid = platform.pidOf('inference');
  let next = 0;
  const work = async (until: number): Promise<void> => {
    while (next < until) {
      const index = next++;
      await KINDS[index % KINDS.length]?.(clips[(index * 7) % clips.length] ?? Buffer.alloc(0));
    }
  };
  const both = (until: number): Promise<unknown> =>
    Promise.all(Array.from({ length: SIDE_BY_SIDE }, () => work(until)));
  await both(FIRST);
  const early = peakResidentMiB(pid);
  for (let until = 100; until <= REQUESTS; until += 100) {
    await both(until);
    say(`${until} requests: peak ${peakResidentMiB(pid).toFixed(0)} MiB, ${early.toFixed(0)} after ${FIRST}`);
  }
  await report(context.root, [
    ratioRow('memory', `after-${FIRST}`, 1.15, [{ ours: peakResidentMiB(pid), peers: early }]),
  ]);
} finally {
  client.close();
  await platform.stop();
}
