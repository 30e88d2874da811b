/** The live benches' common conditions. */

/** Silence after which our streams' utterances end, ms: what a conversation would ask for. */
export const ENDPOINTING_MS = 300;
/** 95 % of the finals are to come within so long of the end of speech for streams to be held, ms. */
export const FINAL_LIMIT_MS = 700;
