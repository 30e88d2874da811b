/** How the tokens of a window are chosen: openai/whisper's names and defaults (decoding.py, DecodingOptions; transcribe.py). */
export interface DecodingOptions {
  /** Tried in this order until a text passes the thresholds; the last is kept in any case. 0 is arg-max or beam search. */
  readonly temperatures: readonly number[];
  /** Hypotheses kept side by side at temperature 0; undefined is greedy. */
  readonly beamSize: number | undefined;
  /** Beam search ends when beamSize × patience hypotheses have (arXiv:2204.05424). */
  readonly patience: number;
  /** Independent samples at temperatures above 0, of which the likeliest is kept. */
  readonly bestOf: number;
  /** Exponent of the length by which beams and samples are ranked (arXiv:1609.08144); undefined: mean log-probability. */
  readonly lengthPenalty: number | undefined;
  /** Most tokens a window. */
  readonly sampleLen: number;
  /** Ids that are never chosen; −1 stands for the model's own list of marks nobody says. */
  readonly suppressTokens: readonly number[] | 'default';
  /** No space and no end as the first token. */
  readonly suppressBlank: boolean;
  readonly withoutTimestamps: boolean;
  /** Latest first timestamp, seconds; undefined: any. */
  readonly maxInitialTimestamp: number | undefined;
  /** A text above it is a loop, and the next temperature is tried; undefined: no such check. */
  readonly compressionRatioThreshold: number | undefined;
  /** A mean log-probability below it makes the next temperature be tried; undefined: no such check. */
  readonly logprobThreshold: number | undefined;
  /** A window likelier than this to hold no speech, and below `logprobThreshold`, is silent; undefined: none is. */
  readonly noSpeechThreshold: number | undefined;
  /** Words to expect, put before the prompt as faster-whisper does, where there is no prefix. */
  readonly hotwords: string | undefined;
  /** Added to the logits of the hotwords' first tokens; 0: none. */
  readonly hotwordBias: number;
  /** Of the sampling at temperatures above 0: the same seed gives the same text. */
  readonly seed: number;
}

/** openai-whisper decodes half the decoder's context at most. */
export const MAX_TOKENS = 224;

export const DEFAULT_DECODING: DecodingOptions = {
  temperatures: [0, 0.2, 0.4, 0.6, 0.8, 1],
  beamSize: undefined,
  patience: 1,
  bestOf: 1,
  lengthPenalty: undefined,
  sampleLen: MAX_TOKENS,
  suppressTokens: 'default',
  suppressBlank: true,
  withoutTimestamps: false,
  maxInitialTimestamp: 1,
  compressionRatioThreshold: 2.4,
  logprobThreshold: -1,
  noSpeechThreshold: 0.6,
  hotwords: undefined,
  hotwordBias: 0,
  seed: 0,
};

/** A first temperature and the ones that follow it in steps of 0.2 up to 1 (openai/whisper, transcribe.py, cli). */
export function temperaturesFrom(first: number, withoutFallback: boolean): number[] {
  if (withoutFallback) return [first];
  return Array.from({ length: Math.floor((1 - first) / 0.2 + 1e-6) + 1 }, (_, i) => first + i * 0.2);
}

/** What a caller asks for, over the defaults. */
export interface AskedDecoding {
  /** Where decoding starts; the fallback temperatures follow from here in steps of 0.2 up to 1. */
  readonly temperature?: number | undefined;
  readonly withoutFallback?: boolean | undefined;
  readonly decoding?: Partial<DecodingOptions> | undefined;
}

/** @param most tokens a window of this recording may hold */
export function decodingOf(
  { decoding, temperature = 0, withoutFallback = false }: AskedDecoding,
  most = MAX_TOKENS,
): DecodingOptions {
  const asked = {
    ...DEFAULT_DECODING,
    temperatures: temperaturesFrom(temperature, withoutFallback),
    ...decoding,
  };
  return { ...asked, sampleLen: Math.min(asked.sampleLen, most) };
}
