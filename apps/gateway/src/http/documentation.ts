import type { RequestListener } from 'node:http';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
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
  const builder = new DocumentBuilder()
    .setTitle('Parlance')
    .setDescription('Hears, measures, answers and speaks.')
    .setVersion('1')
    .addBearerAuth();
  const document = (publicUrl === '' ? builder : builder.addServer(publicUrl)).build();
  SwaggerModule.setup(
    DOCS_PATH,
    app,
    () => withForms(withCommonAnswers(SwaggerModule.createDocument(described, document))),
    { jsonDocumentUrl: `${DOCS_PATH}-json` },
  );
  await app.init();
  return app.getHttpAdapter().getInstance() as RequestListener;
}
