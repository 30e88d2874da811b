import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Application, NextFunction, Request, Response } from 'express';
import type { Logger } from '@parlance/telemetry';
import { firstSegments } from '../http/route-methods.js';
import { pageHeaders } from '../http/security-headers.js';
import { SOCKET_IO_PATH } from '../socketio/voice-server.service.js';
import { readPageFiles, type PageEncoding, type PageFile } from './page-files.js';
import { studioFolder, type StudioSettings } from './studio.config.js';

const INDEX = '/index.html';
/** What the page reads before it shows anything. */
const SETTINGS_PATH = '/studio.json';
const FOR_GOOD = 'public, max-age=31536000, immutable';

/** Serves the page at `/`, before the routes of the API, whose addresses stay what they are. */
export function serveStudio(
  app: NestExpressApplication,
  settings: StudioSettings | undefined,
  logger: Logger,
  files = readPageFiles(studioFolder()),
): void {
  if (!settings) return;
  if (!files.has(INDEX)) {
    logger.warn('the page is not built: npm run build; nothing is served at /');
    return;
  }
  app.use(studioPage(files, settings));
}

/** Answers requests for files of the page, and for the page at any address that no part of the API has. */
function studioPage(files: ReadonlyMap<string, PageFile>, settings: StudioSettings) {
  const told = Buffer.from(JSON.stringify(settings));
  // The routes are there once requests come.
  let ofApi: ReadonlySet<string> | undefined;
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const { path } = request;
    ofApi ??= new Set([...firstSegments(request.app as Application), SOCKET_IO_PATH.slice(1)]);
    if (path === SETTINGS_PATH)
      return pageHeaders(request, response, () => {
        response.setHeader('cache-control', 'no-store');
        response.type('json').send(told);
      });
    const file = files.get(path === '/' || isOfPage(request, ofApi) ? INDEX : path);
    if (!file) return next();
    pageHeaders(request, response, () => void send(file, request, response).catch(next));
  };
}

/** Whether a browser asks for a page at an address that no route of the API begins like, and that names no file. */
function isOfPage(request: Request, ofApi: ReadonlySet<string>): boolean {
  const segments = request.path.split('/');
  if (ofApi.has(segments[1] ?? '') || segments[1]?.startsWith('.') || segments.at(-1)!.includes('.'))
    return false;
  return request.get('accept')?.includes('text/html') ?? false;
}

async function send(file: PageFile, request: Request, response: Response): Promise<void> {
  response.setHeader('cache-control', file.isHashed ? FOR_GOOD : 'no-cache');
  response.setHeader('etag', file.etag);
  response.setHeader('vary', 'Accept-Encoding');
  if (request.get('if-none-match')?.includes(file.etag)) {
    response.status(304).end();
    return;
  }
  const encoding: PageEncoding =
    (['br', 'gzip'] as const).find((name) => request.acceptsEncodings(name)) ?? 'identity';
  const body = await file.body(encoding);
  response.setHeader('content-type', file.type);
  response.setHeader('content-length', String(body.length));
  if (encoding !== 'identity') response.setHeader('content-encoding', encoding);
  response.end(request.method === 'HEAD' ? undefined : body);
}
