import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { runProcess, StartError, type RunningProcess } from '@parlance/config';
import { isAppError } from '@parlance/errors';
import {
  createLogger,
  faultReporter,
  NestLogger,
  OpsServer,
  Readiness,
  startTelemetry,
  type Logger,
} from '@parlance/telemetry';
import { AppModule } from './app.module.js';
import { TelegramApi } from './telegram/telegram-api.service.js';
import { telegramSchema, type TelegramConfig } from './telegram.config.js';
import { WebhookFaultFilter } from './updates/webhook-fault.filter.js';
import { UpdateRunner } from './updates/update-runner.service.js';
import { UpdateSource } from './updates/update-source.service.js';

const SERVICE = 'telegram';
/** How long the start waits for Telegram. */
const CHECK_MS = 5_000;

async function start(config: TelegramConfig): Promise<RunningProcess> {
  const telemetry = startTelemetry({ service: SERVICE, ...config.telemetry });
  const logger = createLogger({ service: SERVICE, level: config.telemetry.logLevel });
  await checkToken(config, logger);
  const ops = await OpsServer.listen(config.ops, logger);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config, logger), {
    logger: new NestLogger(logger),
    abortOnError: false,
    // A connection that Telegram keeps open is no reason to wait.
    forceCloseConnections: true,
  });
  app.disable('x-powered-by');
  app.useBodyParser('json', { limit: '1mb' });
  app.useGlobalFilters(new WebhookFaultFilter(logger));
  // Only Telegram's posts come by HTTP; who polls takes none.
  if (config.webhook) await app.listen(config.http.port, config.http.host);
  else await app.init();
  ops.started(app.get(Readiness));
  const http = config.webhook ? await app.getUrl() : undefined;
  logger.info({ http, ops: ops.url, mode: config.webhook ? 'webhook' : 'polling' }, 'telegram is ready');
  return {
    drainMs: config.drainMs,
    report: faultReporter(logger),
    close: async () => {
      await app.get(UpdateSource).close();
      await app.get(UpdateRunner).drain(config.drainMs);
      await app.close();
      await ops.close();
      await telemetry.shutdown();
    },
  };
}

/** A token that Telegram refuses ends the start; a Telegram that is away does not: the bot waits for it. */
async function checkToken(config: TelegramConfig, logger: Logger): Promise<void> {
  try {
    await new TelegramApi(config, logger).me(AbortSignal.timeout(CHECK_MS));
  } catch (error) {
    if (isAppError(error) && error.code === 'auth.invalid_token')
      throw new StartError('Telegram refuses TELEGRAM_BOT_TOKEN: get a new one from @BotFather');
    logger.warn({ err: error }, 'Telegram is not reachable yet');
  }
}

await runProcess({ name: SERVICE, schema: telegramSchema, start });
