import { playListen } from '@parlance/cli/bench/listen-stream';
import { playStreams, warmUpStream } from '@parlance/cli/bench/parallel-streams';
import { benchContext } from './bench-context.js';
import { BenchPlatform } from './bench-platform.js';
import { findingOf, report } from './bench-results.js';
import { ENDPOINTING_MS } from './live/live-limits.js';
import { liveSpeech } from './live/live-speech.js';
import { limitRow } from './ratios.js';

/** `npm run bench:latency`: live streams at half of what bench:streams found held: from the end of speech to the final, and from
 *  the first word to its standing fast. The silence the client asked to be waited for is its own choice: it is taken off the
 *  finals' figures; the figures with it are told beside. */
const SECONDS = 180;
/** As many as are said in that time, so that a percentile is of different ones. */
const UTTERANCES = 100;
const LIMITS = { finalMedianMs: 300, finalP95Ms: 500, firstWordP95Ms: 1_500 };
/** Where bench:streams has not run. */
const FALLBACK_CAPACITY = 8;

const context = benchContext(1);
const { say } = context;
const found = (await findingOf(context.root, 'streams')) as { readonly ours: number } | undefined;
const capacity = Number(process.env.PARLANCE_BENCH_CAPACITY) || (found?.ours ?? FALLBACK_CAPACITY);
const streams = Math.max(1, Math.floor(capacity / 2));
const { utterances } = await liveSpeech(context.shared, UTTERANCES);
const platform = await BenchPlatform.start(context, { PARLANCE_MAX_LIVE_STREAMS: String(capacity) });
try {
  const target = { url: platform.url, apiKey: platform.key, endpointingMs: ENDPOINTING_MS };
  await warmUpStream((script) => playListen(target, script), utterances);
  say(`${streams} streams of ${capacity}, ${SECONDS} s`);
  const figures = await playStreams((script) => playListen(target, script), utterances, streams, SECONDS);
  if (figures.faults.length > 0) throw new Error(`Streams failed: ${figures.faults.join(', ')}`);
  say(
    `${figures.utterances} utterances; end of speech to final, ${ENDPOINTING_MS} ms of silence asked for included: median ${figures.finalP50Ms.toFixed(0)} ms, p95 ${figures.finalP95Ms.toFixed(0)} ms; a hypothesis every ${figures.hypothesisGapP50Ms.toFixed(0)} ms`,
  );
  const beyond = (figure: number): number => Math.max(0, figure - ENDPOINTING_MS);
  await report(context.root, [
    limitRow('final-latency-median', beyond(figures.finalP50Ms), LIMITS.finalMedianMs),
    limitRow('final-latency-p95', beyond(figures.finalP95Ms), LIMITS.finalP95Ms),
    limitRow('first-word-p95', figures.firstWordP95Ms, LIMITS.firstWordP95Ms),
  ]);
} finally {
  await platform.stop();
}
