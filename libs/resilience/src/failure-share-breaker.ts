import { CircuitState, type IBreaker } from 'cockatiel';

export interface FailureShare {
  /** 0 to 1; reaching it opens the breaker. */
  readonly share: number;
  /** With fewer calls in the time the breaker stays closed. */
  readonly leastCalls: number;
  readonly withinMs: number;
}

/** Opens when a share of the calls of the last `withinMs` has failed. cockatiel's own SamplingBreaker forgets one of its windows
 *  at each call, so that calls that come seldom are counted long after their time. */
export class FailureShareBreaker implements IBreaker {
  /** Calls of the last `withinMs`, oldest first. */
  private calls: { readonly at: number; readonly failed: boolean }[] = [];

  /** @param now  milliseconds of a clock that only goes forward */
  constructor(
    private readonly options: FailureShare,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get state(): unknown {
    return this.calls;
  }

  set state(value: unknown) {
    this.calls = value as typeof this.calls;
  }

  success(state: CircuitState): void {
    // The trial call of a breaker that was open has come through: what was before it does not count.
    if (state === CircuitState.HalfOpen) this.calls = [];
    this.note(false);
  }

  failure(state: CircuitState): boolean {
    this.note(true);
    if (state !== CircuitState.Closed) return true;
    const { share, leastCalls } = this.options;
    if (this.calls.length < leastCalls) return false;
    return this.calls.filter(({ failed }) => failed).length >= share * this.calls.length;
  }

  private note(failed: boolean): void {
    const at = this.now();
    const oldest = at - this.options.withinMs;
    this.calls = [...this.calls.filter((call) => call.at > oldest), { at, failed }];
  }
}
