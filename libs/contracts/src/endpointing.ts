/** What a client may ask of the endpointer, and what it gets where it asks for nothing (parlance.voice.v1.EndpointingConfig). */
export const ENDPOINTING = {
  /** Silence that ends an utterance. */
  silenceMs: { min: 100, max: 10_000, usual: 500 },
  /** Utterances are cut here at the latest. */
  maxUtteranceMs: { min: 4_000, max: 29_000, usual: 28_000 },
  /** Speech probability from which on sound counts as speech. */
  threshold: { min: 0.2, max: 0.95, usual: 0.5 },
} as const;
