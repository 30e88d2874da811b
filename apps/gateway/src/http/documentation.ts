import type { RequestListener } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { withCommonAnswers } from './openapi-answers.js';
import { withForms } from './openapi-bodies.js';
import { DOCS_PATH, securityHeaders } from './security-headers.js';

@Module({})
class DocumentationModule {}

/** Answers with the page and the document of the gateway's HTTP API, for a port that clients do not reach.
 *  @param described  the application whose routes are described
 *  @param publicUrl  where clients reach it; empty where that is not known */
export async function documentation(
  described: NestExpressApplication,
  publicUrl: string,
): Promise<RequestListener> {
  const app = await NestFactory.create<NestExpressApplication>(DocumentationModule, { logger: false });
  app.disable('x-powered-by');
  app.use(securityHeaders);
  SwaggerModule.setup(DOCS_PATH, app, () => openApiDocument(described, publicUrl), {
    jsonDocumentUrl: `${DOCS_PATH}-json`,
  });
  await app.init();
  return app.getHttpAdapter().getInstance() as RequestListener;
}

/** The OpenAPI document of an application's routes. @param publicUrl  where clients reach it; empty where that is not known */
export function openApiDocument(described: NestExpressApplication, publicUrl: string): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Parlance')
    .setDescription('Hears, measures, answers and speaks.')
    .setVersion('1')
    .addBearerAuth();
  const head = (publicUrl === '' ? builder : builder.addServer(publicUrl)).build();
  return withForms(withCommonAnswers(SwaggerModule.createDocument(described, head)));
}
