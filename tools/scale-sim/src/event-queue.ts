import TinyQueue from 'tinyqueue';

interface Event {
  readonly at: number;
  /** Events of the same moment happen in the order in which they were scheduled. */
  readonly order: number;
  readonly run: () => void;
}

/** What is to happen, by time: the clock of a discrete-event simulation, in seconds. */
export class EventQueue {
  now = 0;
  private scheduled = 0;
  private readonly events = new TinyQueue<Event>([], (a, b) => a.at - b.at || a.order - b.order);

  schedule(delaySeconds: number, run: () => void): void {
    this.events.push({ at: this.now + delaySeconds, order: this.scheduled++, run });
  }

  /** Runs `run` every `seconds` from `first` on. */
  repeat(first: number, seconds: number, run: () => void): void {
    this.schedule(first, () => {
      run();
      this.repeat(seconds, seconds, run);
    });
  }

  /** Lets everything happen that is scheduled until then. */
  runUntil(end: number): void {
    for (let next = this.events.peek(); next && next.at <= end; next = this.events.peek()) {
      this.events.pop();
      this.now = next.at;
      next.run();
    }
    this.now = end;
  }
}
