/** Delays of hosted providers, milliseconds, used round and round: spread as evenly as can be over the range that their users report,
 *  in an order without a trend. */
const FIRST_TOKEN_MS = [260, 150, 340, 210, 400, 180, 290, 230, 370, 200, 310, 240];
const SYNTHESIS_MS = [180, 300, 130, 220, 160, 260, 120, 240, 200, 280, 150, 210];

function inTurn(delays: readonly number[]): () => number {
  let next = 0;
  return () => delays[next++ % delays.length] ?? 0;
}

/** From a request to a language model to the first token of its answer. */
export const firstTokenDelays = (): (() => number) => inTurn(FIRST_TOKEN_MS);

/** From a sentence to its whole speech. */
export const synthesisDelays = (): (() => number) => inTurn(SYNTHESIS_MS);
