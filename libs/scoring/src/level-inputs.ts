import { columnMeans, inGroups, meanOf, quantileOf, shareBelow } from './groups.js';
import { PAUSE_FACTS } from './pause-facts.js';
import { GOODNESS, type PhoneEvidence } from './phone-features.js';

/** What is known of one utterance before the models of phones, words and the whole are asked. */
export interface UtteranceEvidence {
  /** Scores of the whole utterance by the first model: one for each target. */
  readonly base: readonly number[];
  /** PAUSE_FACTS. */
  readonly facts: ArrayLike<number>;
  readonly phones: readonly PhoneEvidence[];
  /** How many phones each word has. */
  readonly wordSizes: readonly number[];
  /** Of each word: mean, least, first and sum of the natural logarithms of its tokens' probabilities. */
  readonly likelihoods: readonly (readonly number[])[];
}

/** Of the facts, which tell most of one phone. */
const RATES = [PAUSE_FACTS.indexOf('speech_rate'), PAUSE_FACTS.indexOf('articulation_rate')];
/** Below these a phone (0–2) and a word (0–10) count as faulty. */
export const FAULTY_PHONE = 1.6;
const FAULTY_WORD = 7.5;

/** Inputs of the model of phones. @param experts  what each phone's own regression says
 *  @returns [phones, inputs] */
export function phoneInputs(evidence: UtteranceEvidence, experts: readonly number[]): number[][] {
  const { base, facts, phones, likelihoods, wordSizes } = evidence;
  const ofUtterance = [
    ...base,
    ...columnMeans(phones.map(({ goodness }) => goodness)),
    ...columnMeans(likelihoods),
    ...RATES.map((i) => facts[i]!),
  ];
  const ofWord = wordSizes.flatMap((size, word) =>
    new Array<readonly number[]>(size).fill(likelihoods[word]!),
  );
  return phones.map(({ goodness, posteriors, context }, i) => [
    ...goodness,
    ...posteriors,
    ...context,
    experts[i]!,
    ...ofWord[i]!,
    ...ofUtterance,
  ]);
}

/** Places in a word's own inputs that its neighbours get too: least and mean phone, least posterior and margin, mean likelihood. */
const TOLD_TO_NEIGHBOURS = [0, 1, 2, 3, -4];

/** Inputs of the model of words.
 *  @param experts  what the regression of words says of each
 *  @param phoneScores  0–2
 *  @returns [words, inputs] */
export function wordInputs(
  evidence: UtteranceEvidence,
  experts: readonly number[],
  phoneScores: readonly number[],
): number[][] {
  const { base, phones, wordSizes, likelihoods } = evidence;
  const scores = inGroups(phoneScores, wordSizes);
  const goodness = inGroups(
    phones.map((phone) => phone.goodness),
    wordSizes,
  );
  const own = wordSizes.map((size, word) => {
    const column = (at: number): number[] => goodness[word]!.map((row) => row[at]!);
    return [
      Math.min(...scores[word]!),
      meanOf(scores[word]!),
      Math.min(...column(GOODNESS.logPosterior)),
      Math.min(...column(GOODNESS.margin)),
      Math.log(column(GOODNESS.logSeconds).reduce((sum, value) => sum + Math.exp(value), 0)),
      size,
      Math.log(size),
      experts[word]!,
      ...columnMeans(goodness[word]!),
      ...likelihoods[word]!,
    ];
  });
  const ofUtterance = [
    ...base,
    meanOf(phoneScores),
    quantileOf(phoneScores, 0.1),
    meanOf(likelihoods.map(([mean]) => mean!)),
    Math.log(wordSizes.length),
  ];
  // A word at the end is its own neighbour.
  const neighbour = (word: number): number[] =>
    TOLD_TO_NEIGHBOURS.map((at) => own[Math.min(Math.max(word, 0), own.length - 1)]!.at(at)!);
  return own.map((inputs, word) => [
    ...inputs,
    ...neighbour(word - 1),
    ...neighbour(word + 1),
    ...ofUtterance,
  ]);
}

/** Inputs of the model of the whole utterance. @param phoneScores  0–2 @param wordScores  0–10 */
export function utteranceInputs(
  evidence: UtteranceEvidence,
  phoneScores: readonly number[],
  wordScores: readonly number[],
): number[] {
  const { base, facts, phones, likelihoods } = evidence;
  const spread = (scores: readonly number[], faulty: number): number[] => [
    meanOf(scores),
    Math.min(...scores),
    quantileOf(scores, 0.1),
    quantileOf(scores, 0.3),
    shareBelow(scores, faulty),
  ];
  return [
    ...base,
    ...Array.from(facts),
    ...spread(phoneScores, FAULTY_PHONE),
    ...spread(wordScores, FAULTY_WORD),
    ...columnMeans(phones.map(({ goodness }) => goodness)),
    ...columnMeans(likelihoods),
    Math.min(...likelihoods.map(([mean]) => mean!)),
  ];
}
