import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { atMost } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';

/** What a client has open: a live stream or a request. */
export interface OpenCall {
  /** Asks it to come to its end: what was said is still heard out. */
  drain(): void;
  /** Ends it now; the client is told. */
  cut(): void;
}

/** For what is told to end, milliseconds. */
const CUT_MS = 1_000;

/** Everything clients have open on this replica, on whichever door. */
@Injectable()
export class OpenCalls {
  private readonly calls = new Set<OpenCall>();
  private isDraining = false;
  private emptied: () => void = () => undefined;

  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  get accepts(): boolean {
    return !this.isDraining;
  }

  /**
   * @returns to be called when the call has ended
   * @throws AppError service.draining
   */
  add(call: OpenCall): () => void {
    if (this.isDraining) throw draining();
    this.calls.add(call);
    return () => {
      this.calls.delete(call);
      if (this.calls.size === 0) this.emptied();
    };
  }

  /** Takes no more calls and ends the open ones: those that are left after `limitMs` are cut. */
  async drain(limitMs: number): Promise<void> {
    this.isDraining = true;
    this.each((call) => call.drain());
    if (await atMost(limitMs, this.empty())) return;
    this.logger.warn({ calls: this.calls.size }, 'calls outlast the drain, ending them');
    this.each((call) => call.cut());
    await atMost(CUT_MS, this.empty());
  }

  private empty(): Promise<void> {
    if (this.calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => (this.emptied = resolve));
  }

  /** One call's fault keeps no other from being ended. */
  private each(work: (call: OpenCall) => void): void {
    for (const call of this.calls) {
      try {
        work(call);
      } catch (err) {
        this.logger.error({ err }, 'a call could not be ended');
      }
    }
  }
}

/** What a call cut by a drain ends with. */
export function draining(): AppError {
  return new AppError('service.draining', 'This server is shutting down; try again.');
}
