import { randomSource } from './random.js';

/** How many people begin to speak, when. */
export interface LoadSettings {
  readonly hours: number;
  /** Live streams in progress at the busiest hour of a usual day, offered. */
  readonly peakStreams: number;
  /** Load of the quietest hour over that of the busiest. */
  readonly troughShare: number;
  /** How long a stream lasts on average; exponentially distributed. */
  readonly streamSeconds: number;
  readonly bursts: BurstSettings;
}

export interface BurstSettings {
  readonly count: number;
  /** Arrivals of a burst over those of the moment without it. */
  readonly factor: number;
  readonly riseSeconds: number;
  readonly holdSeconds: number;
  readonly fallSeconds: number;
}

export interface Load {
  /** When streams want to start, in order. */
  readonly arrivals: Float64Array;
  /** How long each lasts. */
  readonly durations: Float64Array;
  /** When each burst begins. */
  readonly bursts: readonly number[];
  /** Arrivals a second at a time, on average. */
  readonly rateAt: (seconds: number) => number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
/** The rate is taken as constant for so long. */
const STEP_SECONDS = 1;
/** Bursts begin after so long: before it the fleet finds its size. */
export const WARM_UP_SECONDS = HOUR;

/** Draws a load: a Poisson process whose rate follows the hour of the day and the bursts. */
export function drawLoad(settings: LoadSettings, seed: number): Load {
  const random = randomSource(seed, 1);
  const end = settings.hours * HOUR;
  const bursts = burstStarts(settings, random.uniform);
  const rateAt = rateOf(settings, bursts);
  const arrivals: number[] = [];
  for (let start = 0; start < end; start += STEP_SECONDS) {
    const meanGap = 1 / rateAt(start + STEP_SECONDS / 2);
    // What is left of a gap at the step's end has no memory, so each step draws anew.
    for (
      let at = start + random.exponential(meanGap);
      at < start + STEP_SECONDS;
      at += random.exponential(meanGap)
    )
      arrivals.push(at);
  }
  const durations = Float64Array.from(arrivals, () => random.exponential(settings.streamSeconds));
  return { arrivals: Float64Array.from(arrivals), durations, bursts, rateAt };
}

/** One in each of equal parts of the time, whole within it. */
function burstStarts({ hours, bursts }: LoadSettings, uniform: () => number): number[] {
  const part = (hours * HOUR - WARM_UP_SECONDS) / bursts.count;
  const length = bursts.riseSeconds + bursts.holdSeconds + bursts.fallSeconds;
  return Array.from(
    { length: bursts.count },
    (_, i) => WARM_UP_SECONDS + i * part + uniform() * Math.max(0, part - length),
  );
}

function rateOf(settings: LoadSettings, bursts: readonly number[]): (seconds: number) => number {
  const { peakStreams, troughShare, streamSeconds } = settings;
  return (seconds) => {
    // Quietest at midnight, busiest at noon.
    const daytime = (1 - Math.cos((2 * Math.PI * seconds) / DAY)) / 2;
    const usual = (peakStreams / streamSeconds) * (troughShare + (1 - troughShare) * daytime);
    return usual * Math.max(1, ...bursts.map((start) => burstFactor(settings.bursts, seconds - start)));
  };
}

function burstFactor(
  { factor, riseSeconds, holdSeconds, fallSeconds }: BurstSettings,
  since: number,
): number {
  const ended = riseSeconds + holdSeconds + fallSeconds - since;
  const rise = riseSeconds > 0 ? since / riseSeconds : since >= 0 ? 1 : 0;
  const fall = fallSeconds > 0 ? ended / fallSeconds : ended >= 0 ? 1 : 0;
  return 1 + (factor - 1) * Math.max(0, Math.min(1, rise, fall));
}
