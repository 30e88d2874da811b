import 'reflect-metadata';
import type { RequestListener } from 'node:http';
import { NestFactory } from '@nestjs/core';
import { runProcess, type RunningProcess } from '@parlance/config';
import {
  createLogger,
  faultReporter,
  NestLogger,
  OpsServer,
  Readiness,
  startTelemetry,
} from '@parlance/telemetry';
import { AppModule } from './app.module.js';
import { CLUSTER, type Cluster } from './cluster.js';
import { operatorSchema, type OperatorConfig } from './operator.config.js';

const SERVICE = 'operator';
/** Reconciles that are under way end; their requests have limits of their own. */
const DRAIN_MS = 15_000;

async function start(config: OperatorConfig): Promise<RunningProcess> {
  const telemetry = startTelemetry({ service: SERVICE, ...config.telemetry });
  const logger = createLogger({ service: SERVICE, level: config.telemetry.logLevel });
  const ops = await OpsServer.listen(config.ops, logger);
  const app = await NestFactory.create(AppModule.forRoot(config, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  await app.init();
  const cluster = app.get<Cluster>(CLUSTER);
  await cluster.start();
  ops.started(app.get(Readiness), app.getHttpAdapter().getInstance() as RequestListener);
  logger.info({ ops: ops.url, identity: config.identity }, 'operator watches its cluster');
  return {
    drainMs: DRAIN_MS,
    report: faultReporter(logger),
    close: async () => {
      await cluster.stop();
      await app.close();
      await ops.close();
      await telemetry.shutdown();
    },
  };
}

await runProcess({ name: SERVICE, schema: operatorSchema, start });
