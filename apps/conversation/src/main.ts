import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { runProcess, type RunningProcess } from '@parlance/config';
import { MessageBus } from '@parlance/messaging';
import { atMost } from '@parlance/resilience';
import {
  createLogger,
  faultReporter,
  NestLogger,
  OpsServer,
  Readiness,
  startTelemetry,
} from '@parlance/telemetry';
import { AppModule } from './app.module.js';
import { conversationSchema, type ConversationConfig } from './conversation.config.js';

const SERVICE = 'conversation';

async function start(config: ConversationConfig): Promise<RunningProcess> {
  const telemetry = startTelemetry({ service: SERVICE, ...config.telemetry });
  const logger = createLogger({ service: SERVICE, level: config.telemetry.logLevel });
  const ops = await OpsServer.listen(config.ops, logger);
  const app = await NestFactory.create(AppModule.forRoot(config, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  await app.init();
  ops.started(app.get(Readiness));
  logger.info({ ops: ops.url }, 'conversation is ready');
  return {
    drainMs: config.drainMs,
    report: faultReporter(logger),
    close: async () => {
      // Replies in the making end before the store they are kept in is closed; what takes longer is delivered to another.
      await atMost(config.drainMs, app.get(MessageBus).drain());
      await app.close();
      await ops.close();
      await telemetry.shutdown();
    },
  };
}

await runProcess({ name: SERVICE, schema: conversationSchema, start });
