import { AppError } from '#libs/errors';

export interface AdmissionLimits {
  /** Recordings held at once. */
  readonly recordings: number;
  /** Audio of all recordings held at once. */
  readonly recordingSeconds: number;
}

export interface AdmissionObserver {
  liveStreams?(count: number): void;
  recordings?(count: number): void;
}

export interface Ticket {
  /** Gives the place back, once. */
  release(): void;
}

export interface RecordingTicket extends Ticket {
  /** Accounts for audio taken in. @throws AppError inference.overloaded */
  grow(seconds: number): void;
}

/** How many live streams and recordings this process takes on; says no before it is too late to keep its word. */
export class AdmissionService {
  private live = 0;
  private recordings = 0;
  private bufferedSeconds = 0;
  private capacity = 1;
  private isDraining = false;
  private onEmpty: () => void = () => undefined;

  constructor(
    private readonly limits: AdmissionLimits,
    private readonly observer: AdmissionObserver = {},
  ) {}

  /** @param streams  live streams that can be kept in real time */
  setLiveCapacity(streams: number): void {
    this.capacity = Math.max(1, streams);
  }

  get liveCapacity(): number {
    return this.capacity;
  }

  get activeCalls(): number {
    return this.live + this.recordings;
  }

  /** 0 idle … 1 full; what the gateway chooses a pod by. */
  get load(): number {
    return Math.min(1, Math.max(this.live / this.capacity, this.recordings / this.limits.recordings));
  }

  /** @throws AppError inference.overloaded, service.draining */
  admitLive(): Ticket {
    this.refuseWhileDraining();
    if (this.live >= this.capacity)
      throw new AppError('inference.overloaded', 'No more live streams can be kept in real time just now.');
    this.count({ live: 1 });
    return { release: once(() => this.count({ live: -1 })) };
  }

  /** @throws AppError inference.overloaded, service.draining */
  admitRecording(): RecordingTicket {
    this.refuseWhileDraining();
    if (this.recordings >= this.limits.recordings) throw tooManyRecordings();
    this.count({ recordings: 1 });
    let held = 0;
    const release = once(() => {
      this.bufferedSeconds -= held;
      this.count({ recordings: -1 });
    });
    const grow = (seconds: number): void => {
      if (this.bufferedSeconds + seconds > this.limits.recordingSeconds) throw tooManyRecordings();
      held += seconds;
      this.bufferedSeconds += seconds;
    };
    return { release, grow };
  }

  /** An utterance's final was sent so long after its end was known. */
  noteFinal(latencyMs: number): void {
    void latencyMs;
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

  private count({ live = 0, recordings = 0 }): void {
    this.live += live;
    this.recordings += recordings;
    this.observer.liveStreams?.(this.live);
    this.observer.recordings?.(this.recordings);
    if (this.activeCalls === 0) this.onEmpty();
  }
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
