import { join } from 'node:path';
import { Command } from 'commander';
import { AppError } from '#libs/errors';
import {
  compileModel,
  DEFAULT_PRECISIONS,
  precisionList,
  PRECISIONS,
  type Precision,
} from '#libs/model-compiler';
import type { CliConfig } from '../cli.config.js';
import { HubClient } from '../models/hub.client.js';
import { downloadModel } from '../models/model-download.js';
import { inventory, type ModelEntry } from '../models/model-inventory.js';
import { ESSENTIAL_MODELS, originOf } from '../models/model-names.js';
import { sayFault, sayResult, StatusLine } from '../terminal.js';

export function modelsCommand(config: CliConfig): Command {
  const models = new Command('models').description('List, fetch and compile models');
  models
    .command('ls')
    .description('Checkpoints and compiled models on this machine')
    .action(() => list(config));
  models
    .command('build')
    .description('Compile Whisper checkpoints to ONNX graphs, where that is not done yet')
    .argument('[names...]', 'models', ESSENTIAL_MODELS)
    .option('--precisions <list>', `of ${PRECISIONS.join(', ')}`, DEFAULT_PRECISIONS.join())
    .action((names: string[], options: { precisions: string }) =>
      forEach(names, (name) => build(config, name, precisionList(options.precisions))),
    );
  models
    .command('download')
    .description(`Fetch models and compile them; from ${config.modelSource} (PARLANCE_MODEL_SOURCE)`)
    .argument('[names...]', 'whisper-SIZE, silero-vad or OWNER/NAME', ESSENTIAL_MODELS)
    .option('--no-build', 'do not compile')
    .action((names: string[], options: { build: boolean }) =>
      forEach(names, (name) => download(config, name, options.build)),
    );
  return models;
}

async function list({ settings }: CliConfig): Promise<void> {
  const entries = await inventory(settings.modelFolders, settings.compiledModels);
  if (entries.length === 0) {
    sayResult(
      'No models here yet. `apps/cli/bin/parlance.js models download` fetches what the platform needs.',
    );
    return;
  }
  const width = Math.max(...entries.map(({ name }) => name.length));
  for (const { name, kind, state, bytes, checkpoint, compiled } of entries) {
    sayResult(
      `${name.padEnd(width)}  ${kind.padEnd(7)}  ${state.padEnd(12)}  ${megabytes(bytes).padStart(9)}  ${compiled ?? checkpoint ?? ''}`,
    );
  }
}

async function build(
  { settings }: CliConfig,
  name: string,
  precisions: readonly Precision[] = DEFAULT_PRECISIONS,
): Promise<void> {
  const entry = (await inventory(settings.modelFolders, settings.compiledModels)).find(
    (model) => model.name === name,
  );
  if (!entry)
    throw new AppError(
      'model.not_found',
      `not on this machine: run \`apps/cli/bin/parlance.js models download ${name}\`, or name its folder in PARLANCE_MODELS.`,
    );
  if (!needsCompiling(entry)) return;
  const status = new StatusLine();
  const begun = Date.now();
  const { built } = await compileModel({
    source: entry.checkpoint,
    target: join(settings.compiledModels, name),
    precisions,
    onProgress: ({ stage, done, total }) =>
      status.show(`${name}: ${stage} ${Math.floor((100 * done) / total)} %`),
  });
  status.clear();
  sayResult(
    built
      ? `${name}: compiled in ${((Date.now() - begun) / 1000).toFixed(1)} s`
      : `${name}: compiled and up to date`,
  );
}

function needsCompiling(entry: ModelEntry): entry is ModelEntry & { checkpoint: string } {
  return entry.kind === 'whisper' && entry.checkpoint !== undefined;
}

async function download(config: CliConfig, name: string, isBuilt: boolean): Promise<void> {
  const origin = originOf(name);
  const status = new StatusLine();
  const folder = await downloadModel(new HubClient(config.modelSource), origin, {
    folder: config.downloads,
    onProgress: (file, bytes, total) =>
      status.show(`${origin.name}: ${file} ${megabytes(bytes)} of ${megabytes(total)}`),
  });
  status.clear();
  sayResult(`${origin.name}: in ${folder}`);
  if (isBuilt) await build(config, origin.name);
}

/** Every name gets its try; the exit status tells whether all went well. */
async function forEach(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  for (const name of names) {
    try {
      await work(name);
    } catch (error) {
      sayFault(error, name);
      process.exitCode = 1;
    }
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
