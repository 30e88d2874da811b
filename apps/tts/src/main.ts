import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { runProcess, type RunningProcess } from '@parlance/config';
import { MessageBus } from '@parlance/messaging';
import { atMost } from '@parlance/resilience';
import { grpcServerOptions, HealthStatus, RunningGrpcServer, watchedCertificates } from '@parlance/rpc';
import {
  createLogger,
  faultReporter,
  NestLogger,
  OpsServer,
  Readiness,
  startTelemetry,
} from '@parlance/telemetry';
import { AppModule } from './app.module.js';
import { SpeechService } from './speech/speech.service.js';
import { SynthesisService } from './synthesis.service.js';
import { ttsSchema, type TtsConfig } from './tts.config.js';

const SERVICE = 'tts';
/** Time for cut calls to end and for idle connections to close, milliseconds. */
const CUT_MS = 1_000;

async function start(config: TtsConfig): Promise<RunningProcess> {
  const telemetry = startTelemetry({ service: SERVICE, ...config.telemetry });
  const logger = createLogger({ service: SERVICE, level: config.telemetry.logLevel });
  const health = new HealthStatus();
  const ops = await OpsServer.listen(config.ops, logger);
  const app = await NestFactory.create(AppModule.forRoot(config, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  const { grpc } = config;
  const running = new RunningGrpcServer();
  const certificates = watchedCertificates(config.mutualTls, config.tlsReloadMs, logger);
  app.connectMicroservice(grpcServerOptions({ ...grpc, protocols: ['tts'], health, running, certificates }), {
    inheritAppConfig: true,
  });
  await app.startAllMicroservices();
  await app.init();
  ops.started(app.get(Readiness));
  health.setAll(true);
  logger.info({ ops: ops.url, grpc: `${grpc.host}:${grpc.port}` }, 'tts is ready');
  return {
    drainMs: config.drainMs,
    report: faultReporter(logger),
    close: async () => {
      health.setAll(false);
      await atMost(config.drainMs, drain(app));
      app.get(SynthesisService).stop();
      health.close();
      await running.close(CUT_MS);
      await app.close();
      await ops.close();
      await telemetry.shutdown();
    },
  };
}

/** Refuses new work; resolves when no speech is being made. */
async function drain(app: INestApplication): Promise<void> {
  await Promise.all([app.get(SynthesisService).drain(), app.get(MessageBus, { strict: false }).drain()]);
  // What has been heard is still on its way to the store.
  await app.get(SpeechService).drain();
}

await runProcess({ name: SERVICE, schema: ttsSchema, start });
