import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { runProcess, type RunningProcess } from '@parlance/config';
import { MessageBus } from '@parlance/messaging';
import { atMost } from '@parlance/resilience';
import { createLogger, faultReporter, NestLogger, startTelemetry } from '@parlance/telemetry';
import { AppModule } from './app.module.js';
import { conversationConfig, type ConversationConfig } from './conversation.config.js';

const SERVICE = 'conversation';

async function start(config: ConversationConfig): Promise<RunningProcess> {
  const telemetry = startTelemetry({
    service: SERVICE,
    ...(config.OTEL_EXPORTER_OTLP_ENDPOINT ? { otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT } : {}),
  });
  const logger = createLogger({ service: SERVICE, level: config.PARLANCE_LOG_LEVEL });
  const app = await NestFactory.create(AppModule.forRoot(config, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
    // A probe's or scraper's idle connection is no reason to wait.
    forceCloseConnections: true,
  });
  await app.listen(config.PARLANCE_OPS_PORT, config.PARLANCE_OPS_HOST);
  logger.info({ ops: await app.getUrl() }, 'conversation is ready');
  return {
    drainMs: config.PARLANCE_DRAIN_MS,
    report: faultReporter(logger),
    close: async () => {
      // Replies in the making end before the store they are kept in is closed; what takes longer is delivered to another.
      await atMost(config.PARLANCE_DRAIN_MS, app.get(MessageBus).drain());
      await app.close();
      await telemetry.shutdown();
    },
  };
}

await runProcess({ name: SERVICE, schema: conversationConfig, start });
