import { Controller, Get, HttpCode, Inject, NotFoundException, Param, Post } from '@nestjs/common';
import { ANNOTATIONS, FIELD_MANAGER } from '../api/group.js';
import { ClusterError } from '../kit/cluster-error.js';
import { KINDS } from '../kit/kinds.data.js';
import { CLUSTER, type Cluster } from '../cluster.js';

/** What gateways and KEDA ask over HTTP, of any replica. */
@Controller('scaling')
export class ScalingController {
  constructor(@Inject(CLUSTER) private readonly cluster: Cluster) {}

  /** The load of a model, for KEDA's trigger metrics-api. */
  @Get(':namespace/:name')
  load(@Param('namespace') namespace: string, @Param('name') name: string): { loadPercent: number } {
    const loadPercent = this.cluster.scalingLoad(namespace, name);
    if (loadPercent === undefined) throw new NotFoundException();
    return { loadPercent };
  }

  /** Asks for a pod of a model that has none: the gateway holds the request that waits for it. */
  @Post(':namespace/:name/wanted')
  @HttpCode(202)
  async wanted(
    @Param('namespace') namespace: string,
    @Param('name') name: string,
  ): Promise<{ model: string }> {
    const { apiVersion, kind } = KINDS.speechModel;
    if (!this.cluster.view.get(KINDS.speechModel, namespace, name)) throw new NotFoundException();
    const annotations = { [ANNOTATIONS.wantedAt]: new Date().toISOString() };
    try {
      await this.cluster.anybody.merge(
        { apiVersion, kind, namespace, name },
        { metadata: { annotations } },
        FIELD_MANAGER,
      );
    } catch (error) {
      if (error instanceof ClusterError && error.isNotFound) throw new NotFoundException();
      throw error;
    }
    return { model: `${namespace}/${name}` };
  }
}
