import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { runProcess, StartError, type RunningProcess } from '@parlance/config';
import { InferenceRuntime } from '@parlance/onnx';
import { atMost } from '@parlance/resilience';
import { grpcServerOptions, HealthStatus, RunningGrpcServer, watchedCertificates } from '@parlance/rpc';
import {
  createLogger,
  faultReporter,
  NestLogger,
  OpsServer,
  Readiness,
  startTelemetry,
  type Logger,
} from '@parlance/telemetry';
import { AdmissionService, loadMetadata } from './admission/admission.service.js';
import { LiveCapacityService } from './admission/live-capacity.service.js';
import { AppModule } from './app.module.js';
import { RecordingService } from './grpc/recording.service.js';
import { inferenceSchema, type InferenceConfig } from './inference.config.js';
import { ReadinessService } from './readiness.service.js';
import { ModelRegistry } from './registry/model-registry.service.js';
import { EndOfTurnService } from './streaming/end-of-turn.service.js';
import { SpeechStreamService } from './streaming/speech-stream.service.js';

/** Time for calls to end after a shutdown has begun, and for clients to close idle connections, milliseconds. */
const CUT_MS = 1_000;

type App = Awaited<ReturnType<typeof NestFactory.create>>;

await runProcess({ name: 'inference', schema: inferenceSchema, start });

async function start(config: InferenceConfig): Promise<RunningProcess> {
  const telemetry = startTelemetry({ service: 'inference', ...config.telemetry });
  const logger = createLogger({ service: 'inference', level: config.telemetry.logLevel });
  // Calls come once the application is there.
  const health = new HealthStatus((metadata) =>
    loadMetadata(app.get(AdmissionService, { strict: false }), metadata),
  );
  const ops = await OpsServer.listen(config.ops, logger);
  const app: App = await NestFactory.create(AppModule.with(config, logger, health), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  const running = new RunningGrpcServer();
  app.connectMicroservice(
    grpcServerOptions({
      ...config.grpc,
      protocols: ['voice', 'inference'],
      health,
      running,
      certificates: watchedCertificates(config.mutualTls, config.tlsReloadMs, logger),
    }),
    { inheritAppConfig: true },
  );
  try {
    await app.startAllMicroservices();
    await app.init();
    ops.started(app.get(Readiness));
    await warmUp(app, logger);
  } catch (error) {
    // A process that exits while its threads load native code is aborted by it, and loses its exit code.
    await app.get(InferenceRuntime, { strict: false }).stop();
    throw error;
  }
  return {
    drainMs: config.drainMs,
    report: faultReporter(logger),
    close: async () => {
      await drain(app, config.drainMs, logger);
      health.close();
      await running.close(CUT_MS);
      await app.close();
      await ops.close();
      await telemetry.shutdown();
    },
  };
}

/** Loads the models and learns what this machine can carry; only then is the service ready. */
async function warmUp(app: App, logger: Logger): Promise<void> {
  const registry = app.get(ModelRegistry, { strict: false });
  const admission = app.get(AdmissionService, { strict: false });
  await Promise.all([registry.preload(), app.get(EndOfTurnService).prepare()]);
  if (!registry.isReady) throw new StartError(registry.faults().join('\n'));
  const whisperModels = (await registry.list()).filter(
    ({ kind, state }) => kind === 'whisper' && state === 'ready',
  );
  await app.get(LiveCapacityService, { strict: false }).measureAll(whisperModels.map(({ name }) => name));
  app.get(ReadinessService, { strict: false }).open();
  logger.info({ liveCapacity: Object.fromEntries(admission.liveCapacities) }, 'ready');
}

/** Not ready, no new call, running utterances end, then whatever is left after `limitMs` is ended. */
async function drain(app: App, limitMs: number, logger: Logger): Promise<void> {
  const admission = app.get(AdmissionService, { strict: false });
  const streams = app.get(SpeechStreamService);
  app.get(ReadinessService, { strict: false }).close();
  logger.info({ calls: admission.activeCalls }, 'draining');
  const empty = admission.drain();
  streams.drain();
  await atMost(limitMs, empty);
  streams.stopAll();
  app.get(RecordingService, { strict: false }).stopAll();
  await app.get(InferenceRuntime, { strict: false }).stop();
}
