import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { list, loadConfig } from '#libs/config';

const schema = z.object({
  PARLANCE_URL: z.url().default('http://127.0.0.1:8080'),
  PARLANCE_API_KEY: z.string().optional(),
  PARLANCE_MODELS: list(),
  PARLANCE_MODEL_CACHE: z.string().optional(),
  PARLANCE_MODEL_SOURCE: z.url().default('https://huggingface.co'),
  PARLANCE_SHARED: z.string().default('../shared'),
});

/** What every command may need. */
export interface CliConfig {
  /** The gateway's address, without a slash at its end. */
  readonly url: string;
  readonly apiKey: string | undefined;
  /** The checkout this command belongs to. */
  readonly root: string;
  /** Folders of checkpoints; the first that has a model wins. */
  readonly modelFolders: readonly string[];
  readonly compiledModels: string;
  /** Where downloads go: the last of the model folders. */
  readonly downloads: string;
  readonly modelSource: string;
}

/** @throws ConfigurationError listing every fault */
export function readCliConfig(environment?: NodeJS.ProcessEnv): CliConfig {
  const read = loadConfig(schema, environment);
  const root = findRoot();
  const folders = modelFolders(root, read.PARLANCE_MODELS, read.PARLANCE_SHARED);
  return {
    url: read.PARLANCE_URL.replace(/\/+$/, ''),
    apiKey: read.PARLANCE_API_KEY ?? developmentKey(root),
    root,
    modelFolders: folders,
    compiledModels: resolve(root, read.PARLANCE_MODEL_CACHE ?? '.cache/models'),
    downloads: folders.at(-1) ?? join(root, '.cache/checkpoints'),
    modelSource: read.PARLANCE_MODEL_SOURCE.replace(/\/+$/, ''),
  };
}

function modelFolders(root: string, configured: readonly string[], shared: string): string[] {
  if (configured.length > 0) return configured.map((folder) => resolve(root, folder));
  const sharedModels = resolve(root, shared, 'models');
  return [...(existsSync(sharedModels) ? [sharedModels] : []), join(root, '.cache/checkpoints')];
}

function developmentKey(root: string): string | undefined {
  const file = join(root, '.cache/dev-key');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** The nearest folder above this file that holds package.json beside proto/. */
function findRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'proto'))) return folder;
    if (dirname(folder) === folder) return process.cwd();
  }
}
