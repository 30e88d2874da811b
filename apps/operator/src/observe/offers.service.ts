import type { Logger } from '@parlance/telemetry';
import type { ClusterClient } from '../kit/cluster.client.js';
import { ClusterError } from '../kit/cluster-error.js';
import { KINDS, type Kind } from '../kit/kinds.data.js';
import type { ClusterView } from './cluster-view.js';
import type { Offers } from './observed.js';

interface ResourceList {
  readonly resources?: readonly { readonly kind: string }[];
}

/** Asks from time to time whether the cluster has the kinds of KEDA and of Prometheus' operator; they come and go. */
export class OffersService {
  private offers: Offers = { keda: false, podMonitor: false };
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly client: ClusterClient,
    private readonly view: ClusterView,
    private readonly everyMs: number,
    private readonly onChange: () => void,
    private readonly logger: Logger,
  ) {}

  get current(): Offers {
    return this.offers;
  }

  /** Resolves when it has asked once. */
  async start(): Promise<void> {
    await this.ask();
    this.timer = setInterval(() => void this.ask(), this.everyMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async ask(): Promise<void> {
    const { keda, podMonitor } = this.offers;
    const offers = {
      keda: await this.has(KINDS.scaledObject, keda),
      podMonitor: await this.has(KINDS.podMonitor, podMonitor),
    };
    if (offers.keda === keda && offers.podMonitor === podMonitor) return;
    this.offers = offers;
    this.logger.info(offers, 'what the cluster offers has changed');
    await this.follow(KINDS.scaledObject, offers.keda);
    await this.follow(KINDS.podMonitor, offers.podMonitor);
    this.onChange();
  }

  private async has(kind: Kind, before: boolean): Promise<boolean> {
    try {
      const { resources } = await this.client.read<ResourceList>(`/apis/${kind.apiVersion}`);
      return resources?.some((each) => each.kind === kind.kind) ?? false;
    } catch (error) {
      // A server that does not answer says nothing of what it has.
      return error instanceof ClusterError && error.isNotFound ? false : before;
    }
  }

  private async follow(kind: Kind, isThere: boolean): Promise<void> {
    if (isThere) this.view.startOptional(kind);
    else await this.view.stopOptional(kind);
  }
}
