import { TRAFFIC_LABELS } from '@parlance/contracts';
import type { Logger } from '@parlance/telemetry';
import {
  EndpointSliceWatch,
  readyEndpoints,
  type EndpointSlice,
  type ServiceAddress,
} from './endpoint-slices.js';
import type { FoundPeer } from './found-peer.js';
import type { KubernetesApi } from './kubernetes-api.js';

/** Follows where the calls for a service go: to its own endpoints, or, where it is that of a SpeechModel, to those of the model's revisions
 *  by the weights that the operator gives them. */
export class ServiceEndpoints {
  private readonly own: EndpointSliceWatch;
  private revisions: EndpointSliceWatch | undefined;
  private ownSlices: readonly EndpointSlice[] = [];
  private revisionSlices: readonly EndpointSlice[] = [];

  /** @param onChange  told what takes calls, after the first list and with every change */
  constructor(
    private readonly api: KubernetesApi,
    private readonly address: ServiceAddress,
    private readonly onChange: (found: Map<string, FoundPeer>) => void,
    private readonly logger?: Logger,
  ) {
    const { namespace, service } = address;
    const selector = `kubernetes.io/service-name=${service}`;
    this.own = new EndpointSliceWatch(
      api,
      namespace,
      selector,
      (slices) => {
        this.ownSlices = slices;
        this.followRevisions();
        this.tell();
      },
      logger,
    );
  }

  close(): void {
    this.own.close();
    this.revisions?.close();
  }

  /** A Service without pods has a slice too, which carries its labels. */
  private followRevisions(): void {
    const { namespace, service } = this.address;
    const isOfModel = this.ownSlices.some(
      ({ metadata }) => metadata.labels?.[TRAFFIC_LABELS.model] === service,
    );
    if (!isOfModel || this.revisions) return;
    const selector = `${TRAFFIC_LABELS.model}=${service},${TRAFFIC_LABELS.weight}`;
    this.revisions = new EndpointSliceWatch(
      this.api,
      namespace,
      selector,
      (slices) => {
        this.revisionSlices = slices;
        this.tell();
      },
      this.logger,
    );
  }

  /** Where no revision takes calls, as between two versions of the operator, the service's own endpoints do. */
  private tell(): void {
    const weighted = readyEndpoints(this.revisionSlices, this.address);
    this.onChange(weighted.size > 0 ? weighted : readyEndpoints(this.ownSlices, this.address));
  }
}
