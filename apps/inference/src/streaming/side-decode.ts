import type { Utterance } from '@parlance/whisper';

interface Running {
  readonly abort: AbortController;
  readonly heard: Promise<Utterance>;
  /** The audio to here was taken for the whole utterance; undefined once it is known not to be. */
  finalTo: number | undefined;
  isRunning: boolean;
}

/** What is decoded of an utterance beside its steps, one thing at a time: it settles nothing and may be given up. */
export class SideDecode {
  private current: Running | undefined;

  get isRunning(): boolean {
    return this.current?.isRunning ?? false;
  }

  /** Gives up what went before.
   *  @param finalTo  end of the utterance, samples, where this may be its final */
  start(finalTo: number | undefined, decode: (signal: AbortSignal) => Promise<Utterance>): void {
    this.drop();
    const abort = new AbortController();
    const heard = decode(abort.signal);
    const running = { abort, heard, finalTo, isRunning: true };
    const over = (): void => void (running.isRunning = false);
    heard.then(over, over);
    this.current = running;
  }

  /** The final of the utterance, should it end here; undefined where it is not being decoded. */
  finalOf(audioTo: number): Promise<Utterance> | undefined {
    return this.current?.finalTo === audioTo ? this.current.heard : undefined;
  }

  /** The speaker goes on: what is being decoded is a hypothesis like any other. */
  forgetFinal(): void {
    if (this.current) this.current.finalTo = undefined;
  }

  drop(): void {
    this.current?.abort.abort();
    this.current = undefined;
  }
}
