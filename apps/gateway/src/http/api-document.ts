import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { createLogger } from '@parlance/telemetry';
import { AppModule } from '../app.module.js';
import { gatewaySchema } from '../gateway.config.js';
import { openApiDocument } from './documentation.js';

/** Enough that every route is there; nothing is signed by it. */
const ENVIRONMENT = {
  PARLANCE_ACCOUNTS: 'true',
  PARLANCE_SIGNING_SECRET: 'of nothing, for routes alone, 0000',
};

/** The OpenAPI document of all routes, those of accounts among them, for programs that make clients of it. Nest only looks at the
 *  modules: no provider is made, nothing is connected to.
 *  @returns  what `/api/docs-json` of a gateway with accounts answers
 *  @throws Error of Nest, where the modules do not fit together */
export async function apiDocument(): Promise<OpenAPIObject> {
  const config = gatewaySchema.parse(ENVIRONMENT);
  const logger = createLogger({ service: 'gateway', level: 'silent' });
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config, logger), {
    preview: true,
    // What is wrong with the modules is thrown, not printed.
    logger: false,
    abortOnError: false,
  });
  return openApiDocument(app, '');
}
