import { Inject, Injectable } from '@nestjs/common';
import { Readiness, type ReadinessParts } from '@parlance/telemetry';
import { CLUSTER, type Cluster } from './cluster.js';

/** Ready with filled caches, leading or not: a follower serves metrics too, and leads at once when it has to. */
@Injectable()
export class OperatorReadiness extends Readiness {
  constructor(@Inject(CLUSTER) private readonly cluster: Cluster) {
    super();
  }

  parts(): ReadinessParts {
    const { missing, election } = this.cluster;
    return { watches: missing.length === 0, election: election.isLeading ? 'leads' : 'follows' };
  }
}
