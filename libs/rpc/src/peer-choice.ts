import type { FoundPeer, PeerShare } from './found-peer.js';

/** What a choice between peers looks at. */
export interface PeerCandidate {
  readonly inFlight: number;
  readonly load: number | undefined;
  readonly isServing: boolean;
  isEjected(now: number): boolean;
  readonly at: Pick<FoundPeer, 'location' | 'share'>;
}

export interface Circumstances {
  /** Milliseconds. */
  readonly now: number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Of this process; undefined: not known. */
  readonly zone?: string | undefined;
}

/** Peers of the own zone are preferred up to this load. */
const SPILL_LOAD = 0.8;
/** A full peer refuses: its part's share goes to whoever takes it. */
const FULL_LOAD = 1;
/** Of peers that have no share, where others have. */
const WHOLE: PeerShare = { name: '', weight: 100 };

/** The less busy of two peers drawn at random, among those that serve and are not left alone for their faults, of one part of the service
 *  drawn by its weight, first in the own zone.
 *  @returns undefined where there are none at all */
export function choosePeer<Peer extends PeerCandidate>(
  peers: readonly Peer[],
  { now, random, zone }: Circumstances,
): Peer | undefined {
  const usable = soundOf(peers, now);
  const part = partByWeight(usable, random);
  const near = lessBusyOfTwo(nearby(part, zone), random);
  if (near && (near.load ?? 0) < SPILL_LOAD) return near;
  const chosen = lessBusyOfTwo(part, random);
  if (part === usable || (chosen?.load ?? 0) < FULL_LOAD) return chosen;
  return lessBusyOfTwo(usable, random);
}

/** The peers of one part, drawn by the weights of the parts, whatever number of peers each has. */
function partByWeight<Peer extends PeerCandidate>(
  peers: readonly Peer[],
  random: () => number,
): readonly Peer[] {
  const shareOf = ({ at }: Peer): PeerShare => at.share ?? WHOLE;
  const parts = new Map(peers.map((peer) => [shareOf(peer).name, shareOf(peer).weight] as const));
  if (parts.size <= 1) return peers;
  let left = random() * [...parts.values()].reduce((sum, weight) => sum + weight, 0);
  for (const [name, weight] of parts) {
    left -= weight;
    if (left < 0) return peers.filter((peer) => shareOf(peer).name === name);
  }
  return peers;
}

/** Where nobody serves, everybody is tried; where more than half would be left alone, the fault is likely not theirs. */
function soundOf<Peer extends PeerCandidate>(peers: readonly Peer[], now: number): readonly Peer[] {
  const serving = peers.filter((peer) => peer.isServing);
  const sound = serving.filter((peer) => !peer.isEjected(now));
  if (sound.length > 0 && 2 * sound.length >= serving.length) return sound;
  return serving.length > 0 ? serving : peers;
}

/** Those that Kubernetes allots to the zone, where it allots every one; else those in the zone. */
function nearby<Peer extends PeerCandidate>(
  peers: readonly Peer[],
  zone: string | undefined,
): readonly Peer[] {
  if (zone === undefined) return [];
  if (peers.every(({ at }) => (at.location.hintedZones ?? []).length > 0))
    return peers.filter(({ at }) => at.location.hintedZones?.includes(zone));
  return peers.filter(({ at }) => at.location.zone === zone);
}

function lessBusyOfTwo<Peer extends PeerCandidate>(
  peers: readonly Peer[],
  random: () => number,
): Peer | undefined {
  const draw = (): Peer | undefined => peers[Math.floor(random() * peers.length)];
  const [first, second] = [draw(), draw()];
  if (!first || !second) return undefined;
  return isLessBusy(second, first) ? second : first;
}

/** By what both report, calls of other gateways included; else by the calls of this process. */
function isLessBusy(one: PeerCandidate, other: PeerCandidate): boolean {
  if (one.load !== undefined && other.load !== undefined && one.load !== other.load)
    return one.load < other.load;
  return one.inFlight < other.inFlight;
}
