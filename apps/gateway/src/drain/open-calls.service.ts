import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@parlance/errors';
import { atMost } from '@parlance/resilience';
import { LOGGER, type Logger } from '@parlance/telemetry';

/** What a client has open: a live stream or a request. */
export interface OpenCall {
  /** Asks the call to end: audio that has arrived is still recognised. */
  drain(): void;
  /** Ends the call now; the client gets the fault. */
  cut(fault: AppError): void;
}

/** Time for cut calls to end, milliseconds. */
const CUT_MS = 1_000;

/** Every call that clients have open on this replica, over all APIs. */
@Injectable()
export class OpenCalls {
  private readonly calls = new Set<OpenCall>();
  private isDraining = false;
  private emptied: () => void = () => undefined;

  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  get isAdmitting(): boolean {
    return !this.isDraining;
  }

  /**
   * @returns a function to call when the call has ended
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

  /** Refuses new calls and ends the open ones; cuts those that are left after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.isDraining = true;
    this.each((call) => call.drain());
    if (await atMost(limitMs, this.empty())) return;
    this.logger.warn({ calls: this.calls.size }, 'calls outlast the drain, ending them');
    this.each((call) => call.cut(draining()));
    await atMost(CUT_MS, this.empty());
  }

  private empty(): Promise<void> {
    if (this.calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => (this.emptied = resolve));
  }

  /** A fault of one call does not keep the others from being ended. */
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

/** The error that a call cut by a drain ends with. */
export function draining(): AppError {
  return new AppError('service.draining', 'This server is shutting down; try again.');
}
