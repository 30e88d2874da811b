/** Bounds of one stream. */
export class StreamLimits {
  constructor(
    /** Longest silence of the client on the wire (not in the audio). */
    readonly idleMs: number,
  ) {}
}
