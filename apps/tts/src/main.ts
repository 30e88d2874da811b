import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PROTOCOLS } from '@parlance/contracts';
import { runProcess, type RunningProcess } from '@parlance/config';
import { MessageBus } from '@parlance/messaging';
import { atMost } from '@parlance/resilience';
import { grpcServerOptions, HealthStatus, RunningGrpcServer } from '@parlance/rpc';
import { createLogger, faultReporter, NestLogger, startTelemetry } from '@parlance/telemetry';
import { AppModule } from './app.module.js';
import { SpeechService } from './speech/speech.service.js';
import { SynthesisService } from './synthesis.service.js';
import { ttsConfig, type TtsConfig } from './tts.config.js';

const NAME = 'tts';
/** For calls that were told to end, and clients that keep a connection for nothing, milliseconds. */
const CUT_MS = 1_000;
const HEALTH_NAMES = ['', `${PROTOCOLS.tts.package}.${PROTOCOLS.tts.service}`];

async function start(config: TtsConfig): Promise<RunningProcess> {
  const telemetry = startTelemetry({
    service: NAME,
    ...(config.OTEL_EXPORTER_OTLP_ENDPOINT ? { otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT } : {}),
  });
  const logger = createLogger({ service: NAME, level: config.PARLANCE_LOG_LEVEL });
  const health = new HealthStatus();
  const app = await NestFactory.create(AppModule.forRoot(config, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
    // A probe's or scraper's idle connection is no reason to wait.
    forceCloseConnections: true,
  });
  const { PARLANCE_GRPC_HOST: host, PARLANCE_GRPC_PORT: port } = config;
  const running = new RunningGrpcServer();
  app.connectMicroservice(grpcServerOptions({ host, port, protocols: ['tts'], health, running }), {
    inheritAppConfig: true,
  });
  await app.startAllMicroservices();
  await app.listen(config.PARLANCE_OPS_PORT, config.PARLANCE_OPS_HOST);
  for (const name of HEALTH_NAMES) health.set(name, true);
  logger.info({ ops: await app.getUrl(), grpc: `${host}:${port}` }, 'tts is ready');
  return {
    drainMs: config.PARLANCE_DRAIN_MS,
    report: faultReporter(logger),
    close: async () => {
      for (const name of HEALTH_NAMES) health.set(name, false);
      await atMost(config.PARLANCE_DRAIN_MS, drain(app));
      app.get(SynthesisService).stop();
      health.close();
      await running.close(CUT_MS);
      await app.close();
      await telemetry.shutdown();
    },
  };
}

/** Takes no more; resolves when nothing is in the making. */
async function drain(app: INestApplication): Promise<void> {
  await Promise.all([app.get(SynthesisService).drain(), app.get(MessageBus, { strict: false }).drain()]);
  // What has been heard is still on its way to the store.
  await app.get(SpeechService).drain();
}

await runProcess({ name: NAME, schema: ttsConfig, start });
