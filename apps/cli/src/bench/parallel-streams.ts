import { setTimeout as delay } from 'node:timers/promises';
import { figuresOf, type LiveFigures, type StreamOutcome } from './live-figures.js';
import type { Script } from './script-player.js';
import type { SpokenUtterance } from './spoken-script.js';

/** Speakers breathe: so much silence between utterances, ms. */
const PAUSE_MS = 1_500;
/** Enough for a percentile, however few the streams. */
const MIN_UTTERANCES = 8;
const SECONDS_PER_UTTERANCE = 8;

/** Plays one utterance, so that the first step measures no cold start. */
export async function warmUpStream(
  play: (script: Script) => Promise<StreamOutcome>,
  utterances: readonly SpokenUtterance[],
): Promise<void> {
  await play({ utterances, first: 0, pauseMs: PAUSE_MS, seconds: 1 });
}

/** Plays so many streams side by side in real time; they start spread over two seconds and say different things.
 *  @param play one stream, to its end */
export async function playStreams(
  play: (script: Script) => Promise<StreamOutcome>,
  utterances: readonly SpokenUtterance[],
  streams: number,
  seconds: number,
): Promise<LiveFigures> {
  const enough = Math.max(seconds, (MIN_UTTERANCES * SECONDS_PER_UTTERANCE) / streams);
  // Evenly over the list, so that no two say the same before they must.
  const apart = Math.max(1, utterances.length / streams);
  const outcomes = await Promise.all(
    Array.from({ length: streams }, async (_, i) => {
      await delay((2_000 * i) / streams);
      return play({ utterances, first: Math.floor(i * apart), pauseMs: PAUSE_MS, seconds: enough });
    }),
  );
  return figuresOf(outcomes);
}
