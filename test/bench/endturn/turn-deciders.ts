import { pauseLimitMs, textEnding, turnProbability, VAD_FRAME_MS, type Eagerness } from '@parlance/vad';
import { medianOf } from '../ratios.js';
import type { TurnObservation } from './turn-observations.js';

/** Says after how much silence it ends the turn, ms; the pause may be over before. */
export type Decider = (pause: TurnObservation) => number;

/** Silence after which the platform asks the model, and after which it begins to decode the text. */
const ASK_AT_MS = 192;
const DECODE_AT_MS = 160;
/** The pauses within a sentence that are tried: all from the shortest to the longest alike. */
const PAUSES_MS = { shortest: 400, longest: 3000 } as const;
/** Pipecat's own use of Smart Turn: this much silence where it says no. */
const SMART_TURN_STOP_MS = 3000;

export const silenceAlone =
  (ms: number): Decider =>
  () =>
    inFrames(ms);

export const smartTurnAlone: Decider = ({ evidence }) =>
  inFrames(evidence.probability > 0.5 ? ASK_AT_MS + VAD_FRAME_MS : SMART_TURN_STOP_MS);

/** As PauseJudge decides: by the sound, and again once the text is there. */
export const ours =
  (eagerness: Eagerness): Decider =>
  ({ evidence, text, decodeMs }) => {
    const bySound = pauseLimitMs(turnProbability(evidence), eagerness);
    const textAt = DECODE_AT_MS + decodeMs;
    if (bySound <= textAt) return inFrames(Math.max(bySound, ASK_AT_MS));
    const byText = pauseLimitMs(turnProbability({ ...evidence, text: textEnding(text, 'en') }), eagerness);
    return inFrames(Math.max(byText, textAt));
  };

export interface TurnFigures {
  /** Share of pauses within sentences in which the turn ended. */
  readonly wrongEnds: number;
  /** The same of recordings that are cut and go on after 3 s at the earliest. */
  readonly wrongCuts: number;
  /** From the end of a finished sentence to the decision, ms. */
  readonly medianDelay: number;
  readonly delay90: number;
}

export function judge(observations: readonly TurnObservation[], decide: Decider): TurnFigures {
  const { shortest, longest } = PAUSES_MS;
  const cuts = observations.filter(({ isEnd }) => !isEnd).map(decide);
  const delays = observations
    .filter(({ isEnd }) => isEnd)
    .map(decide)
    .sort((a, b) => a - b);
  const longer = (ms: number): number => Math.min(1, Math.max(0, (longest - ms) / (longest - shortest)));
  return {
    wrongEnds: cuts.reduce((sum, ms) => sum + longer(ms), 0) / cuts.length,
    wrongCuts: cuts.filter((ms) => ms <= longest).length / cuts.length,
    medianDelay: medianOf(delays),
    delay90: delays[Math.floor(delays.length * 0.9)] ?? NaN,
  };
}

/** Decisions are made once a frame. */
function inFrames(ms: number): number {
  return Math.ceil(ms / VAD_FRAME_MS) * VAD_FRAME_MS;
}
