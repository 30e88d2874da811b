import { PeriodicWork } from '@parlance/resilience';
import { workFailureReporter, type Logger } from '@parlance/telemetry';
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
  private readonly work: PeriodicWork;

  constructor(
    private readonly client: ClusterClient,
    private readonly view: ClusterView,
    everyMs: number,
    private readonly onChange: () => void,
    private readonly logger: Logger,
  ) {
    this.work = new PeriodicWork(() => this.ask(), {
      everyMs,
      onFailure: workFailureReporter(logger, 'offers', 'what the cluster offers could not be followed'),
    });
  }

  get current(): Offers {
    return this.offers;
  }

  /** Resolves when it has asked once. */
  start(): Promise<void> {
    return this.work.runNow();
  }

  stop(): void {
    void this.work.stop();
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
