import type { HpaPod, UsageSample } from './hpa/pod-usage.js';

export type PodPhase = 'pending' | 'starting' | 'ready' | 'draining' | 'gone';

/** One inference pod of the simulated fleet. */
export class Pod implements HpaPod {
  phase: PodPhase = 'pending';
  held = 0;
  /** Streams held when the operator looked last; 0 where nobody sets pod-deletion-cost. */
  deletionCost = 0;
  sample: UsageSample | undefined;
  startedAt: number;
  readinessChangedAt: number;
  /** Where it stands in the fleet's list of pods with a free slot; −1: not there. */
  freeIndex = -1;
  private streamSeconds = 0;
  private countedUntil: number;
  private sampledStreamSeconds = 0;

  constructor(
    readonly id: number,
    readonly createdAt: number,
  ) {
    this.startedAt = this.readinessChangedAt = this.countedUntil = createdAt;
  }

  get isPending(): boolean {
    return this.phase === 'pending';
  }

  get isReady(): boolean {
    return this.phase === 'ready';
  }

  get isTerminating(): boolean {
    return this.phase === 'draining' || this.phase === 'gone';
  }

  setHeld(held: number, now: number): void {
    this.streamSeconds += this.held * (now - this.countedUntil);
    this.countedUntil = now;
    this.held = held;
  }

  /** Streams held on average since the last call. */
  meanHeld(now: number, seconds: number): number {
    this.setHeld(this.held, now);
    const mean = (this.streamSeconds - this.sampledStreamSeconds) / seconds;
    this.sampledStreamSeconds = this.streamSeconds;
    return mean;
  }
}
