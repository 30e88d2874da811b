import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { loadConfig, natsEnv } from '@parlance/config';
import { ModelStore, readSourceSettings } from '@parlance/models';
import { readSettings, type Settings } from './machine/settings.js';

const schema = z.object({
  PARLANCE_URL: z.url().optional(),
  PARLANCE_API_KEY: z.string().optional(),
  JAEGER_URL: z.url().optional(),
  NATS_URL: natsEnv.NATS_URL.unwrap().optional(),
  PARLANCE_MODEL_SOURCE: z
    .undefined({
      error: 'is no longer read: name the hub in HF_ENDPOINT, other sources in PARLANCE_MODEL_SOURCES',
    })
    .optional(),
});

/** What every command may need; the platform's own places and ports are `settings`. */
export interface CliConfig {
  /** The gateway's address, without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
  /** The message bus; may carry a password. */
  readonly natsUrl: string;
  /** Jaeger's query API, where traces are read. */
  readonly jaegerUrl: string;
  /** The models of this machine. */
  readonly models: ModelStore;
  readonly settings: Settings;
}

/** @throws ConfigurationError listing every fault */
export function readCliConfig(environment?: NodeJS.ProcessEnv): CliConfig {
  const read = loadConfig(schema, environment);
  const settings = readSettings(environment);
  const url = read.PARLANCE_URL ?? `http://${settings.httpHost}:${settings.ports.http}`;
  return {
    url: url.replace(/\/+$/, ''),
    apiKey: read.PARLANCE_API_KEY ?? developmentKey(settings.root),
    natsUrl: read.NATS_URL ?? `nats://127.0.0.1:${settings.ports.nats}`,
    jaegerUrl: read.JAEGER_URL ?? `http://127.0.0.1:${settings.ports.jaeger}`,
    models: new ModelStore({
      folders: settings.modelFolders,
      downloads: settings.modelFolders.at(-1) ?? join(settings.cache, 'checkpoints'),
      compiledModels: settings.compiledModels,
      sources: readSourceSettings(environment),
    }),
    settings,
  };
}

/** The key `make up` made, where this is a development checkout. */
function developmentKey(root: string): string | undefined {
  const file = join(root, '.cache/dev-key');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}
