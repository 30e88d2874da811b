import { atMost } from '@parlance/resilience';

/** No longer is the first sentence of a reply waited for. */
const LONGEST_LEAD_MS = 2_000;

/** Lets the first sentence of each reply have the machine to itself: it is what a person waits for, and the others are due when it has
 *  been played. */
export class FirstSentences {
  /** By their turns, while they are being spoken here; they never reject. */
  private readonly running = new Map<string, Promise<void>>();

  constructor(private readonly longestLeadMs = LONGEST_LEAD_MS) {}

  /** Does the work on a sentence: on a later one of a turn when that on its first one is done, where that is under way here. */
  async run<T>(turn: string, index: number, work: () => Promise<T>): Promise<T> {
    const first = this.running.get(turn);
    if (index > 0 && first) await atMost(this.longestLeadMs, first);
    const result = work();
    if (index === 0) this.follow(turn, result);
    return result;
  }

  private follow(turn: string, work: Promise<unknown>): void {
    const over = (): void => {
      if (this.running.get(turn) === done) this.running.delete(turn);
    };
    const done = work.then(over, over);
    this.running.set(turn, done);
  }
}
