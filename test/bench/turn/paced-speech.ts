/** As browsers and telephones send them. */
export const FRAME_MS = 20;

/** Sends speech as it is spoken: a frame leaves when its last sample is. */
export class PacedSpeech {
  readonly silence: Buffer;
  /** Of the stream. */
  private sentMs = 0;
  /** When the stream's first sample was spoken. */
  private clock: number | undefined;

  /** @param bytesPerMs  of s16le mono: 32 at 16 kHz, 48 at 24 kHz */
  constructor(
    private readonly bytesPerMs: number,
    private readonly write: (frame: Buffer) => void,
  ) {
    this.silence = Buffer.alloc(FRAME_MS * bytesPerMs);
  }

  /** How much of the stream was sent, milliseconds. */
  get lengthMs(): number {
    return this.sentMs;
  }

  /** When the next frame's first sample is spoken. */
  spokenAt(): number {
    this.clock ??= performance.now() - this.sentMs;
    return this.clock + this.sentMs;
  }

  /** The time until the next frame does not count. */
  rest(): void {
    this.clock = undefined;
  }

  async send(frame: Buffer): Promise<void> {
    const lengthMs = frame.length / this.bytesPerMs;
    const dueAt = this.spokenAt() + lengthMs;
    this.sentMs += lengthMs;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
    this.write(frame);
  }

  async say(pcm: Buffer): Promise<void> {
    for (let at = 0; at < pcm.length; at += this.silence.length)
      await this.send(pcm.subarray(at, at + this.silence.length));
  }

  async beSilent(ms: number): Promise<void> {
    for (let sent = 0; sent < ms; sent += FRAME_MS) await this.send(this.silence);
  }
}
