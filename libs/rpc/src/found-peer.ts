/** Where a peer runs, as far as that is known. */
export interface PeerLocation {
  readonly zone?: string | undefined;
  /** Zones that Kubernetes allots it to. */
  readonly hintedZones?: readonly string[] | undefined;
}

/** A part of a service that gets its share of the calls, however many peers it has. */
export interface PeerShare {
  /** The same for all peers of the part. */
  readonly name: string;
  readonly weight: number;
}

/** A process of a service, as a look-up finds it. */
export interface FoundPeer {
  /** What its certificate names. */
  readonly name: string;
  readonly location: PeerLocation;
  /** Undefined where calls go to all peers alike. */
  readonly share?: PeerShare | undefined;
}
