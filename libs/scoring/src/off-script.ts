import { meanOf, shareBelow } from './groups.js';
import { GOODNESS, type PhoneEvidence } from './phone-features.js';

/** PLACEHOLDER */
const LEAST_LOG_LIKELIHOOD = -4;
/** PLACEHOLDER */
const MOST_WRONG_PHONES = 0.6;

/**
 * Whether something else was spoken than the expected text.
 * @param tokenLogs  of each word, the natural logarithms of its tokens' probabilities
 */
export function isOffScript(
  tokenLogs: readonly (readonly number[])[],
  phones: readonly Pick<PhoneEvidence, 'goodness'>[],
): boolean {
  const margins = phones.map(({ goodness }) => goodness[GOODNESS.margin]!);
  return meanOf(tokenLogs.flat()) < LEAST_LOG_LIKELIHOOD && shareBelow(margins, 0) > MOST_WRONG_PHONES;
}
