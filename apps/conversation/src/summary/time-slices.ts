/** Work goes on for so long before others get their turn: a reply that streams meanwhile is held up no longer. */
const SLICE_MS = 8;

/** Lets the event loop run between pieces of long work. */
export class TimeSlices {
  private began = performance.now();

  /** Between two pieces: resolves at once, or behind what waits where a slice has gone by. */
  async rest(): Promise<void> {
    if (performance.now() - this.began < SLICE_MS) return;
    await new Promise(setImmediate);
    this.began = performance.now();
  }
}
