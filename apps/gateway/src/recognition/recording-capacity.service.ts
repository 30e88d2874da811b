import { AppError } from '@parlance/errors';
import type { GatewayConfig } from '../gateway.config.js';

/** How long the pods' last refusal is taken as it is: as long as a refused client is told to wait. */
const BELIEVED_MS = 2_000;
/** Then it is tried with so much more in each such time, one at least: all the others would be decoded only to be refused. */
const MORE = 0.25;
/** A refusal so long ago says nothing. */
const FORGOTTEN_MS = 30_000;

interface Tenant {
  /** Recordings admitted here whose requests are not over. */
  open: number;
  /** Those of them that a pod has taken. */
  atPods: number;
  /** How many the pods took when they last refused one, at least one. */
  taken: number;
  refusedAt: number;
}

/**
 * How many recordings of a tenant the pods take, as far as their last refusal shows. What they would refuse is refused before it
 * is read and decoded: a tenant that asks for far more than there is costs little, and others are served beside it.
 */
export class RecordingCapacity {
  private readonly tenants = new Map<string, Tenant>();
  /** What the pods refuse may be recognised elsewhere. */
  private readonly hasOthers: boolean;

  /** @param now  milliseconds of a clock that only goes forward */
  constructor(
    { remoteRecognition }: Pick<GatewayConfig, 'remoteRecognition'>,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.hasOthers = (remoteRecognition.openAi ?? remoteRecognition.huggingFace) !== undefined;
  }

  /** Counts a recording that is about to be read. @returns a function to call when its request is over
   *  @throws AppError inference.overloaded where the pods have just refused one beside as many as are open */
  admit(tenant: string): () => void {
    const known = this.tenantOf(tenant);
    if (!this.hasOthers && known.open >= this.limitOf(known))
      throw new AppError('inference.overloaded', 'Too many recordings are being transcribed just now.');
    return this.count(tenant, 'open');
  }

  /** A pod has taken a recording. @returns a function to call when the pod is done with it */
  taken(tenant: string): () => void {
    return this.count(tenant, 'atPods');
  }

  /** The pods have refused a recording for want of capacity. */
  noteRefusal(tenant: string): void {
    const known = this.tenantOf(tenant);
    known.taken = Math.max(1, known.atPods);
    known.refusedAt = this.now();
    this.tenants.set(tenant, known);
  }

  /** The pods are away: that they were full says nothing any more. */
  forget(tenant: string): void {
    this.tenantOf(tenant).refusedAt = -Infinity;
  }

  private limitOf({ taken, refusedAt }: Tenant): number {
    const sinceMs = this.now() - refusedAt;
    if (sinceMs >= FORGOTTEN_MS) return Infinity;
    return taken + Math.floor(sinceMs / BELIEVED_MS) * Math.max(1, taken * MORE);
  }

  private tenantOf(tenant: string): Tenant {
    return this.tenants.get(tenant) ?? { open: 0, atPods: 0, taken: 0, refusedAt: -Infinity };
  }

  private count(tenant: string, what: 'open' | 'atPods'): () => void {
    const known = this.tenantOf(tenant);
    known[what] += 1;
    this.tenants.set(tenant, known);
    let isCounted = true;
    return () => {
      if (!isCounted) return;
      isCounted = false;
      known[what] -= 1;
      if (known.open === 0 && known.atPods === 0 && this.limitOf(known) === Infinity)
        this.tenants.delete(tenant);
    };
  }
}
