import type { FeedbackReport } from '@parlance/contracts';

/** The feedback of a conversation's turns: it comes behind their replies, or not at all. */
export class FeedbackLedger {
  private readonly reports = new Map<string, FeedbackReport>();
  private readonly due = new Set<string>();
  private nothingDue: () => void = () => undefined;

  /** A turn whose feedback is to come. */
  expect(turn: string): void {
    if (!this.reports.has(turn)) this.due.add(turn);
  }

  add(turn: string, report: FeedbackReport): void {
    this.reports.set(turn, report);
    this.drop(turn);
  }

  /** A turn that failed: nothing is due for it any more. */
  miss(turn: string): void {
    this.drop(turn);
  }

  reportOf(turn: string): FeedbackReport | undefined {
    return this.reports.get(turn);
  }

  /** Resolves when nothing is due, `limitMs` have passed or `signal` fires. */
  async complete(limitMs: number, signal: AbortSignal): Promise<void> {
    if (this.due.size === 0 || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    this.nothingDue = resolve;
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
  }

  private drop(turn: string): void {
    this.due.delete(turn);
    if (this.due.size === 0) this.nothingDue();
  }
}
