import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule, Readiness, type Logger } from '@parlance/telemetry';
import { CLUSTER, Cluster } from './cluster.js';
import { kubeconfigAccess, serviceAccountAccess, type ApiAccess } from './kit/api-access.js';
import { OPERATOR_CONFIG, type OperatorConfig } from './operator.config.js';
import { OperatorReadiness } from './operator-readiness.service.js';
import { ScalingController } from './scaling/scaling.controller.js';

/** Everything of the operator. */
@Module({})
export class AppModule {
  static forRoot(config: OperatorConfig, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [LoggerModule.forRoot(logger)],
      controllers: [ScalingController],
      providers: [
        { provide: OPERATOR_CONFIG, useValue: config },
        { provide: CLUSTER, useFactory: async () => new Cluster(config, await accessOf(config), logger) },
        { provide: Readiness, useClass: OperatorReadiness },
      ],
    };
  }
}

/** A kubeconfig that is named goes before the pod's service account. */
async function accessOf({ kubeconfig, kubernetes }: OperatorConfig): Promise<ApiAccess> {
  if (kubeconfig !== undefined) return kubeconfigAccess(kubeconfig);
  if (kubernetes) return serviceAccountAccess(kubernetes.url, kubernetes.serviceAccountFolder);
  throw new Error('there is neither a kubeconfig nor a service account');
}
