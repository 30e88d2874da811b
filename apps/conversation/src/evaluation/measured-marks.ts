import { BEST_MARK, type CriterionMark, type TurnTranscribed } from '@parlance/contracts';
import { openingOf, placedWords, shortQuotes, type PlacedWord } from './transcript-quotes.js';

const MOST_QUOTES = 3;

/** Sound quality, 0–100, below which the recogniser's doubt is of the noise and not of the speaker. */
const LEAST_SOUND = 50;

/**
 * Points [mean probability of the words, mark], with straight lines between them. Read speech of native speakers, clean, has .79
 * and more (context/turn-trust.ts), and below .55 more words are wrong than right: the scale spans what lies between.
 */
const CLARITY: readonly (readonly [number, number])[] = [
  [0.4, 0],
  [0.55, 1],
  [0.7, 3],
  [0.8, 4.5],
  [0.9, 5],
];

/** The mark of the measured fluency; null of what was not measured here, as typed text. */
export function fluencyMark(turn: TurnTranscribed): CriterionMark | null {
  if (!turn.scores) return null;
  const hesitation = wordsAtLongestPause(turn);
  return {
    mark: toMark((turn.scores.fluency * BEST_MARK) / 100),
    evidence: shortQuotes([hesitation ?? openingOf(turn.text)], MOST_QUOTES),
  };
}

/**
 * The mark of how clear the words were: by the recogniser's certainty of them, for nothing here measures sounds one by one.
 * Null of what this platform did not recognise (typed, or recognised elsewhere), and of what it recognised in noise.
 */
export function pronunciationMark(turn: TurnTranscribed): CriterionMark | null {
  const { words, scores, measures } = turn;
  if (!measures || !scores || words.length === 0 || scores.soundQuality < LEAST_SOUND) return null;
  const mean = words.reduce((sum, { confidence }) => sum + confidence, 0) / words.length;
  const unclear = placedWords(turn).sort((one, other) => one.confidence - other.confidence);
  return {
    mark: toMark(onCurve(CLARITY, mean)),
    evidence: shortQuotes(
      unclear.map(({ from, to }) => turn.text.slice(from, to)),
      MOST_QUOTES,
    ),
  };
}

/** To one decimal, within the scale. */
export function toMark(mark: number): number {
  return Math.round(Math.min(BEST_MARK, Math.max(0, mark)) * 10) / 10;
}

/** The words before and after the longest pause; undefined where there is none between words. */
function wordsAtLongestPause(turn: TurnTranscribed): string | undefined {
  const pauses = [...(turn.measures?.pauses ?? [])];
  const [longest] = pauses.sort((one, other) => other.endMs - other.startMs - (one.endMs - one.startMs));
  if (!longest) return undefined;
  const middle = (longest.startMs + longest.endMs) / 2;
  const words = placedWords(turn);
  const after = words.findIndex(({ startMs }) => startMs >= middle);
  const [before, next]: (PlacedWord | undefined)[] = [words[after - 1], words[after]];
  return before && next ? turn.text.slice(before.from, next.to) : undefined;
}

function onCurve(points: typeof CLARITY, value: number): number {
  let [lowX, lowY] = points[0]!;
  if (value <= lowX) return lowY;
  for (const [x, y] of points) {
    if (value <= x) return x === lowX ? y : lowY + ((y - lowY) * (value - lowX)) / (x - lowX);
    [lowX, lowY] = [x, y];
  }
  return lowY;
}
