/** `npm run parity` compares all golden recordings. */
export const IS_WHOLE = process.env.PARLANCE_PARITY === 'whole';

/** Every fifth golden recording, or more of them, spread evenly over their kinds, so that `make test` has its figures in some minutes;
 *  all of them where `PARLANCE_PARITY` is `whole`. @param ofFive  how many of each five */
export function goldenSample<T>(recordings: readonly T[], ofFive = 1): readonly T[] {
  return IS_WHOLE ? recordings : recordings.filter((_, index) => index % 5 < ofFive);
}
