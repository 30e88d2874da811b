import type { Metadata } from '@grpc/grpc-js';
import { AppError } from '@parlance/errors';
import { TenantShares } from '@parlance/resilience';
import { CAPACITY_KEY, LOAD_KEY } from '@parlance/rpc';
import { LiveRoom } from './live-room.js';

export interface AdmissionLimits {
  /** Whether more live streams than the capacity are taken on where their finals are early. */
  readonly growsLive: boolean;
  /** Recordings held at once. */
  readonly recordings: number;
  /** Audio of all recordings held at once. */
  readonly recordingSeconds: number;
}

export interface AdmissionObserver {
  liveStreams?(count: number): void;
  recordings?(count: number): void;
  liveCapacity?(model: string, streams: number): void;
  /** A live stream was refused for want of capacity. */
  liveRefused?(): void;
}

export interface Ticket {
  /** Frees the slot; further calls do nothing. */
  release(): void;
}

export interface RecordingTicket extends Ticket {
  /** Adds received audio to what is held. @throws AppError inference.overloaded */
  grow(seconds: number): void;
}

/** Parts of capacities are sums of fractions. */
const ROUNDING = 1e-9;

/** How many live streams and recordings this process takes on; refuses those that it could not serve in real time. */
export class AdmissionService {
  private live = 0;
  private recordings = 0;
  private bufferedSeconds = 0;
  /** As they were measured. */
  private readonly capacities = new Map<string, number>();
  /** A stream uses one part in its model's capacity. */
  private readonly room: LiveRoom;
  private readonly liveShares = new TenantShares(1);
  private readonly recordingShares: TenantShares;
  private isDraining = false;
  private onEmpty: () => void = () => undefined;

  constructor(
    private readonly limits: AdmissionLimits,
    private readonly observer: AdmissionObserver = {},
  ) {
    this.room = new LiveRoom(limits.growsLive);
    this.recordingShares = new TenantShares(limits.recordings);
  }

  /** @param streams  live streams that can be kept in real time with this model alone */
  setLiveCapacity(model: string, streams: number): void {
    this.capacities.set(model, Math.max(1, streams));
    this.tellCapacities();
  }

  /** Undefined until it was measured. */
  liveCapacityOf(model: string): number | undefined {
    return this.capacities.get(model);
  }

  /** Live streams by model, as many as are taken on now. */
  get liveCapacities(): ReadonlyMap<string, number> {
    return new Map([...this.capacities].map(([model, streams]) => [model, this.grown(streams)]));
  }

  get activeCalls(): number {
    return this.live + this.recordings;
  }

  /** 0 idle … 1 full; what the gateway chooses a pod by. */
  get load(): number {
    return Math.min(1, Math.max(this.room.load, this.recordings / this.limits.recordings));
  }

  /**
   * Admits a live stream while there is capacity for it and the finals of the others are sent in time.
   * @param tenant  whose stream it is; a tenant beside others does not get all the capacity
   * @throws AppError inference.overloaded, service.draining
   */
  admitLive(model: string, tenant = ''): Ticket {
    this.refuseWhileDraining();
    const part = 1 / (this.capacities.get(model) ?? 1);
    const isWithinShare = this.liveShares.mayHold(tenant, part);
    if (!isWithinShare || !this.room.hasRoom(part)) {
      this.observer.liveRefused?.();
      throw new AppError('inference.overloaded', 'No more live streams can be kept in real time just now.');
    }
    this.room.hold(part);
    this.liveShares.hold(tenant, part);
    this.count({ live: 1 });
    return {
      release: once(() => {
        this.room.giveBack(part);
        this.liveShares.giveBack(tenant, part);
        this.count({ live: -1 });
      }),
    };
  }

  /** @param tenant  as of `admitLive` @throws AppError inference.overloaded, service.draining */
  admitRecording(tenant = ''): RecordingTicket {
    this.refuseWhileDraining();
    const isWithinShare = this.recordingShares.mayHold(tenant, 1);
    if (!isWithinShare || this.recordings >= this.limits.recordings) throw tooManyRecordings();
    this.recordingShares.hold(tenant, 1);
    this.count({ recordings: 1 });
    let held = 0;
    let isHeld = true;
    const release = once(() => {
      isHeld = false;
      this.bufferedSeconds -= held;
      this.recordingShares.giveBack(tenant, 1);
      this.count({ recordings: -1 });
    });
    const grow = (seconds: number): void => {
      if (!isHeld) return;
      if (this.bufferedSeconds + seconds > this.limits.recordingSeconds) throw tooManyRecordings();
      held += seconds;
      this.bufferedSeconds += seconds;
    };
    return { release, grow };
  }

  /** An utterance's final was sent so long after its end was known. */
  noteFinal(latencyMs: number): void {
    if (!this.room.noteFinal(latencyMs)) return;
    this.liveShares.limit = this.room.limit;
    this.tellCapacities();
  }

  /** No new call from now on. Resolves when the last one has ended. */
  async drain(): Promise<void> {
    this.isDraining = true;
    if (this.activeCalls === 0) return;
    await new Promise<void>((resolve) => (this.onEmpty = resolve));
  }

  private refuseWhileDraining(): void {
    if (this.isDraining)
      throw new AppError('service.draining', 'This server is shutting down; try again elsewhere.');
  }

  private grown(streams: number): number {
    return Math.floor(streams * this.room.limit + ROUNDING);
  }

  private tellCapacities(): void {
    for (const [model, streams] of this.liveCapacities) this.observer.liveCapacity?.(model, streams);
  }

  private count({ live = 0, recordings = 0 }): void {
    this.live += live;
    this.recordings += recordings;
    this.observer.liveStreams?.(this.live);
    this.observer.recordings?.(this.recordings);
    if (this.activeCalls === 0) this.onEmpty();
  }
}

/** Adds the load and the live capacities to a call's metadata. */
export function loadMetadata(admission: AdmissionService, metadata: Metadata): Metadata {
  metadata.set(LOAD_KEY, admission.load.toFixed(3));
  // A folder may have a name that no header can carry.
  for (const [model, streams] of admission.liveCapacities)
    metadata.add(CAPACITY_KEY, `${encodeURIComponent(model)}=${streams}`);
  return metadata;
}

function tooManyRecordings(): AppError {
  return new AppError('inference.overloaded', 'Too many recordings are being transcribed just now.');
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
