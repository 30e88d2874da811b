/** Where a peer runs, as far as that is known. */
export interface PeerLocation {
  readonly zone?: string | undefined;
  /** Zones that Kubernetes allots it to. */
  readonly hintedZones?: readonly string[] | undefined;
}

/** A process of a service, as a look-up finds it. */
export interface FoundPeer {
  /** What its certificate names. */
  readonly name: string;
  readonly location: PeerLocation;
}
