import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule, Readiness, type Logger } from '@parlance/telemetry';
import { CLUSTER, Cluster } from './cluster.js';
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
        { provide: CLUSTER, useFactory: () => new Cluster(config, logger) },
        { provide: Readiness, useClass: OperatorReadiness },
      ],
    };
  }
}
