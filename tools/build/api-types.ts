/** `npm run build:api-types`: the types of the gateway's HTTP API for apps/studio, from the OpenAPI document that the compiled gateway
 *  derives from its routes. No store or bus is needed: the modules are looked at and not started. */
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import openapiTS, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { withBuildLock } from './build-lock.ts';
import { installFiles } from './installed-files.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'apps/studio/src/generated');
const compiled = join(root, 'apps/gateway/dist/http/api-document.js');

async function generate(): Promise<void> {
  const { apiDocument } = (await import(pathToFileURL(compiled).href)) as {
    apiDocument: () => Promise<object>;
  };
  const document = (await apiDocument()) as OpenAPI3;
  const header = `/** Written by \`npm run build\` (${relative(root, import.meta.filename)}); not by hand. */\n`;
  const text = header + astToString(await openapiTS(document, { alphabetize: true }));
  installFiles(folder, new Map([['openapi.ts', text]]), (path) => path.endsWith('.ts'));
}

await withBuildLock(root, generate);
