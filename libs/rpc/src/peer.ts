import {
  connectivityState,
  status,
  type Client,
  type StatusObject,
  type Metadata,
  InterceptingCall,
  type Interceptor,
} from '@grpc/grpc-js';
import { GRPC_ERROR_CODE_KEY } from '@parlance/errors';
import type { FoundPeer } from './found-peer.js';

/** Metadata key by which a pod says how full it is: 0 idle, 1 full. */
export const LOAD_KEY = 'parlance-load';
/** How many live streams it holds, once for each model, its name percent-encoded: `whisper-tiny.en=12`. */
export const CAPACITY_KEY = 'parlance-live-capacity';

/** What a pod says of itself in the metadata of an answer. */
interface ReportedLoad {
  /** 0 idle … 1 full. */
  readonly load: number;
  /** Live streams that it holds at most, with the model that needs most; undefined where it does not say. */
  readonly capacity: number | undefined;
}

/** @returns undefined where the metadata say nothing of load */
export function reportedLoad(metadata: Metadata): ReportedLoad | undefined {
  const text = metadata.get(LOAD_KEY)[0];
  const load = Number(text);
  if (text === undefined || !(load >= 0 && load <= 1)) return undefined;
  const capacities = metadata
    .get(CAPACITY_KEY)
    .map((entry) => Number(String(entry).split('=').at(-1)))
    .filter((streams) => streams >= 1);
  return { load, capacity: capacities.length > 0 ? Math.min(...capacities) : undefined };
}

/** Outcomes that speak against a peer, not against the request. */
const FAULTS: ReadonlySet<number> = new Set([status.UNAVAILABLE, status.INTERNAL, status.UNKNOWN]);
/** Faults in a row after which a peer is left alone. */
const EJECT_AFTER = 5;
/** For how long: longer each time, until a call succeeds. */
const EJECTION_MS = 5_000;
const LONGEST_EJECTION_MS = 60_000;
/** Health checks in a row without an answer. */
const MISSED_CHECKS = 2;
/** What a call adds to the load of a peer whose capacity is not known. */
const UNKNOWN_CAPACITY = 20;

/** One process of a service, and what is known of it: what it reports, and how calls of it ended. */
export class Peer<Stub extends Client = Client> {
  /** Calls of this process that are open there. */
  inFlight = 0;
  private reported: ReportedLoad | undefined;
  private begunSinceReport = 0;
  private saysItServes = true;
  private missedChecks = 0;
  private faultsInRow = 0;
  private ejections = 0;
  private ejectedUntil = 0;

  constructor(
    readonly address: string,
    readonly stub: Stub,
    /** Where it is, and its share of the calls. */
    public at: Pick<FoundPeer, 'location' | 'share'> = { location: {} },
  ) {}

  /** 0 idle … 1 full, with what has been sent there since it last said so; undefined where it says nothing. */
  get load(): number | undefined {
    if (!this.reported) return undefined;
    return this.reported.load + this.begunSinceReport / (this.reported.capacity ?? UNKNOWN_CAPACITY);
  }

  /** Whether it takes calls, as far as one can tell without asking. */
  get isServing(): boolean {
    return (
      this.saysItServes &&
      this.missedChecks < MISSED_CHECKS &&
      this.stub.getChannel().getConnectivityState(true) !== connectivityState.TRANSIENT_FAILURE
    );
  }

  /** @param now  milliseconds */
  isEjected(now: number): boolean {
    return now < this.ejectedUntil;
  }

  begin(): void {
    this.inFlight += 1;
    this.begunSinceReport += 1;
  }

  end(): void {
    this.inFlight -= 1;
  }

  noteReport(report: ReportedLoad | undefined): void {
    if (!report) return;
    this.reported = report;
    this.begunSinceReport = 0;
  }

  /** @param serves  what it answered to a health check; undefined: nothing */
  noteCheck(serves: boolean | undefined): void {
    this.missedChecks = serves === undefined ? this.missedChecks + 1 : 0;
    if (serves !== undefined) this.saysItServes = serves;
  }

  /** How a call ended. @returns whether the peer is left alone from now on */
  noteEnd({ code, metadata }: Pick<StatusObject, 'code' | 'metadata'>, now: number): boolean {
    this.noteReport(reportedLoad(metadata));
    if (metadata.get(GRPC_ERROR_CODE_KEY)[0] === 'service.draining') {
      // It says so again at the next check, if it comes back.
      this.saysItServes = false;
      return false;
    }
    if (!FAULTS.has(code)) {
      this.faultsInRow = 0;
      // A cancelled call says nothing either way; one that was answered does.
      if (code !== status.CANCELLED) this.ejections = 0;
      return false;
    }
    this.faultsInRow += 1;
    if (this.faultsInRow < EJECT_AFTER || this.isEjected(now)) return false;
    this.ejectedUntil = now + Math.min(EJECTION_MS * 2 ** this.ejections, LONGEST_EJECTION_MS);
    this.ejections += 1;
    this.faultsInRow = 0;
    return true;
  }
}

/** Has a peer note what answers say of it: its load, and how calls of it end.
 *  @param peerOf  the peer of the client that this is made for, which it is part of
 *  @param checkPath  the method of health checks, which say by themselves how it is
 *  @param onEjection  called when the peer is left alone from now on */
export function callObserver(peerOf: () => Peer, checkPath: string, onEjection: () => void): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, _listener, next) =>
        next(metadata, {
          onReceiveMetadata: (received, forward) => {
            peerOf().noteReport(reportedLoad(received));
            forward(received);
          },
          onReceiveStatus: (end, forward) => {
            const isCheck = options.method_definition.path === checkPath;
            if (!isCheck && peerOf().noteEnd(end, Date.now())) onEjection();
            forward(end);
          },
        }),
    });
}
