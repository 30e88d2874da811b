/** An utterance that has ended. */
export interface EndedUtterance {
  readonly utteranceId: string;
  /** Milliseconds of the stream: the end of its last word, or its own where it has none. */
  readonly endMs: number;
  readonly hasWords: boolean;
  /** Audio that is known to have followed without speech, milliseconds. */
  readonly silenceMs: number;
}

/** Tells the end of an utterance once no word has followed it for so long, by the stream's time or by the clock. */
export class UtteranceGap {
  /** The last utterance with words whose end is not told. */
  private last: EndedUtterance | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly gapMs: number,
    private readonly tell: (ended: EndedUtterance) => void,
  ) {}

  /** An utterance has ended, behind its final. One without words does not keep the one before it from having ended. */
  ended(utterance: EndedUtterance): void {
    if (utterance.hasWords) this.last = utterance;
    if (this.last) this.waitUntil(utterance.endMs + utterance.silenceMs);
  }

  /** Somebody speaks again from a time of the stream on. */
  started(atMs: number): void {
    this.stopAt(atMs);
  }

  /** The stream is over. @param audioMs  its length */
  finish(audioMs: number): void {
    this.stopAt(audioMs);
  }

  close(): void {
    clearTimeout(this.timer);
    this.last = undefined;
  }

  /** @param knownMs  up to which time of the stream there was no word */
  private waitUntil(knownMs: number): void {
    clearTimeout(this.timer);
    const waitMs = this.gapMs - (knownMs - (this.last?.endMs ?? 0));
    if (waitMs <= 0) this.tellLast();
    else this.timer = setTimeout(() => this.tellLast(), waitMs);
  }

  /** Waits no more: the gap up to a time of the stream is long enough or none. */
  private stopAt(ms: number): void {
    clearTimeout(this.timer);
    if (this.last && ms - this.last.endMs >= this.gapMs) this.tellLast();
  }

  private tellLast(): void {
    const { last } = this;
    this.last = undefined;
    if (last) this.tell(last);
  }
}
