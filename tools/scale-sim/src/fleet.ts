import type { EventQueue } from './event-queue.js';
import { Pod } from './pod.js';
import type { RandomSource } from './random.js';

/** How a pod starts and ends. */
export interface PodSettings {
  /** Live streams that it holds, as `parlance bench streams` finds. */
  readonly capacity: number;
  /** Scheduling and pulling the image: median, and how much it varies (standard deviation of the logarithm). */
  readonly imageSeconds: number;
  readonly imageSigma: number;
  readonly loadSeconds: number;
  readonly loadSigma: number;
  /** Warm-up runs, and measuring the capacity. */
  readonly warmUpSeconds: number;
  /** The kubelet asks for readiness so often. */
  readonly probeSeconds: number;
  /** From ready to known by the gateways. */
  readonly discoverySeconds: number;
  /** So long a pod that ends lets its streams go on; those left then are cut. */
  readonly drainSeconds: number;
  /** Pods that the controller manager creates a second. */
  readonly createdPerSecond: number;
}

export interface FleetObserver {
  /** A slot is free where there was none. */
  slotFreed(): void;
  /** Streams were cut. */
  cut(streams: number): void;
}

/** The pods of one Deployment, behind gateways that know the load of each. */
export class Fleet {
  /** All but those that are gone. */
  readonly pods = new Set<Pod>();
  /** How long pods held 0, 1, 2, … streams, all together. */
  readonly secondsByHeld: number[];
  podSeconds = 0;
  held = 0;
  private readonly podsByHeld: number[];
  private readonly free: Pod[] = [];
  private countedUntil = 0;
  private created = 0;

  constructor(
    private readonly queue: EventQueue,
    private readonly settings: PodSettings,
    private readonly random: RandomSource,
    private readonly observer: FleetObserver,
  ) {
    this.podsByHeld = new Array<number>(settings.capacity + 1).fill(0);
    this.secondsByHeld = [...this.podsByHeld];
  }

  /** Pods that serve, by how many streams they hold. */
  get servingByHeld(): readonly number[] {
    return this.podsByHeld;
  }

  /** Forgets what was counted so far. */
  resetCounts(): void {
    this.count();
    this.podSeconds = 0;
    this.secondsByHeld.fill(0);
  }

  count(): void {
    const seconds = this.queue.now - this.countedUntil;
    if (seconds === 0) return;
    this.countedUntil = this.queue.now;
    this.podSeconds += seconds * this.pods.size;
    for (let held = 0; held < this.podsByHeld.length; held++)
      this.secondsByHeld[held]! += seconds * this.podsByHeld[held]!;
  }

  create(count: number): void {
    this.count();
    const {
      imageSeconds,
      imageSigma,
      loadSeconds,
      loadSigma,
      warmUpSeconds,
      probeSeconds,
      discoverySeconds,
    } = this.settings;
    for (let i = 0; i < count; i++) {
      const pod = new Pod(this.created++, this.queue.now);
      this.pods.add(pod);
      const imageReady = i / this.settings.createdPerSecond + this.random.logNormal(imageSeconds, imageSigma);
      const warm = imageReady + this.random.logNormal(loadSeconds, loadSigma) + warmUpSeconds;
      // Ready when the next probe asks.
      const ready = warm + this.random.uniform() * probeSeconds;
      this.queue.schedule(imageReady, () => {
        if (pod.phase === 'pending') pod.phase = 'starting';
      });
      this.queue.schedule(ready, () => {
        if (pod.phase !== 'starting') return;
        pod.phase = 'ready';
        pod.readinessChangedAt = this.queue.now;
        this.count();
        this.podsByHeld[0]! += 1;
        this.queue.schedule(discoverySeconds, () => this.offer(pod));
      });
    }
  }

  /** Pods that are there at the beginning. */
  createReady(count: number): void {
    for (let i = 0; i < count; i++) {
      const pod = new Pod(this.created++, this.queue.now - 600);
      pod.phase = 'ready';
      pod.readinessChangedAt = pod.createdAt;
      this.pods.add(pod);
      this.podsByHeld[0]! += 1;
      this.offer(pod);
    }
  }

  /** Ends the pods that the ReplicaSet controller would choose. */
  remove(count: number): void {
    this.count();
    const { now } = this.queue;
    const alive = [...this.pods].filter((pod) => !pod.isTerminating);
    for (const pod of alive.sort((a, b) => deletionOrder(a, b, now)).slice(0, count)) this.drain(pod);
  }

  /** Finds a slot as a gateway does: the less loaded of two pods drawn at random among those that have one. */
  admit(): Pod | undefined {
    if (this.free.length === 0) return undefined;
    const draw = (): Pod => this.free[this.random.integerBelow(this.free.length)]!;
    const [first, second] = [draw(), draw()];
    const pod = second.held < first.held ? second : first;
    this.setHeld(pod, pod.held + 1);
    if (pod.held === this.settings.capacity) this.withdraw(pod);
    return pod;
  }

  /** @returns false where the stream had been cut */
  release(pod: Pod): boolean {
    if (pod.phase === 'gone') return false;
    this.setHeld(pod, pod.held - 1);
    if (pod.phase === 'draining') {
      if (pod.held === 0) this.end(pod);
    } else this.offer(pod);
    return true;
  }

  private drain(pod: Pod): void {
    const isServing = pod.phase === 'ready';
    pod.phase = 'draining';
    this.withdraw(pod);
    if (!isServing) {
      pod.phase = 'gone';
      this.pods.delete(pod);
    } else if (pod.held === 0) this.end(pod);
    else this.queue.schedule(this.settings.drainSeconds, () => this.cutOff(pod));
  }

  private cutOff(pod: Pod): void {
    if (pod.phase === 'gone') return;
    this.observer.cut(pod.held);
    this.setHeld(pod, 0);
    this.end(pod);
  }

  private end(pod: Pod): void {
    this.count();
    this.podsByHeld[0]! -= 1;
    pod.phase = 'gone';
    this.pods.delete(pod);
  }

  private setHeld(pod: Pod, held: number): void {
    this.count();
    this.podsByHeld[pod.held]! -= 1;
    this.podsByHeld[held]! += 1;
    this.held += held - pod.held;
    pod.setHeld(held, this.queue.now);
  }

  private offer(pod: Pod): void {
    if (pod.phase !== 'ready') return;
    if (pod.freeIndex < 0) pod.freeIndex = this.free.push(pod) - 1;
    this.observer.slotFreed();
  }

  private withdraw(pod: Pod): void {
    if (pod.freeIndex < 0) return;
    const last = this.free.pop()!;
    if (last !== pod) {
      this.free[pod.freeIndex] = last;
      last.freeIndex = pod.freeIndex;
    }
    pod.freeIndex = -1;
  }
}

/**
 * Which of two pods a ReplicaSet gives back first, after
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/#scaling-down-a-replicaset: pending, not ready, the lower
 * pod-deletion-cost, the younger by powers of two of its age, any.
 */
export function deletionOrder(a: Pod, b: Pod, now: number): number {
  const rank = (pod: Pod): number => (pod.isPending ? 0 : pod.isReady ? 2 : 1);
  const age = (since: number): number => Math.floor(Math.log2(Math.max(1, now - since)));
  return (
    rank(a) - rank(b) ||
    a.deletionCost - b.deletionCost ||
    age(a.readinessChangedAt) - age(b.readinessChangedAt) ||
    age(a.createdAt) - age(b.createdAt) ||
    // Names are random, ids are not: what they are scrambled into stands for them.
    scrambled(a.id) - scrambled(b.id)
  );
}

function scrambled(id: number): number {
  return Math.imul(id + 1, 0x9e3779b1) >>> 0;
}
