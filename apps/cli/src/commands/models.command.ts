import { join } from 'node:path';
import { Command } from 'commander';
import { AppError } from '@parlance/errors';
import {
  compileModel,
  DEFAULT_PRECISIONS,
  precisionList,
  PRECISIONS,
  type ModelPrecision,
} from '@parlance/model-compiler';
import { catalogue, ESSENTIAL_MODELS, type ListedModel } from '@parlance/models';
import type { CliConfig } from '../cli.config.js';
import { sayFault, sayProgress, sayResult, StatusLine } from '../terminal.js';

const NAMES = `${catalogue()
  .map(({ name }) => name)
  .join(', ')}, whisper-SIZE or OWNER/NAME`;

export function modelsCommand(config: CliConfig): Command {
  const models = new Command('models').description('List, fetch, verify, compile and remove models');
  models
    .command('ls')
    .description('Models on this machine, and those that can be fetched')
    .option('--json', 'print JSON')
    .action((options: { json?: boolean }) => list(config, options.json === true));
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
    .description('Fetch models and compile them; PARLANCE_MODEL_SOURCES says where from')
    .argument('[names...]', NAMES, ESSENTIAL_MODELS)
    .option('--no-build', 'do not compile')
    .action((names: string[], options: { build: boolean }) =>
      forEach(names, (name) => download(config, name, options.build)),
    );
  models
    .command('verify')
    .description('Read all files of models again and compare them with their checksums')
    .argument('[names...]', 'models; all on this machine by default')
    .action(async (names: string[]) => {
      const chosen = names.length > 0 ? names : await namesHere(config);
      await forEach(chosen, (name) => verify(config, name));
    });
  models
    .command('rm')
    .description('Remove fetched models and their compiled form')
    .argument('<names...>', 'models')
    .action((names: string[]) => forEach(names, (name) => remove(config, name)));
  return models;
}

async function list({ models }: CliConfig, isJson: boolean): Promise<void> {
  const listed = await models.list();
  if (isJson) {
    sayResult(JSON.stringify(listed.map(asJson), undefined, 2));
    return;
  }
  const rows = listed.map((model) => [
    model.name,
    model.entry?.kind ?? model.format,
    model.state,
    megabytes(model.bytes),
    model.entry?.licence ?? '-',
    languagesOf(model),
    model.compiled ?? model.folder ?? '',
  ]);
  const widths = [0, 1, 2, 3, 4, 5].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    sayResult(
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    );
}

function asJson({ name, format, state, bytes, folder, compiled, entry }: ListedModel): object {
  const { kind, task, languages, licence } = entry ?? {};
  return { name, kind, format, task, languages, licence, state, bytes, folder, compiled };
}

function languagesOf({ entry }: ListedModel): string {
  return (
    entry?.languages.map((language) => (language === 'mul' ? 'multilingual' : language)).join(' ') ?? '-'
  );
}

async function namesHere({ models }: CliConfig): Promise<string[]> {
  return (await models.list()).filter(({ folder }) => folder !== undefined).map(({ name }) => name);
}

async function build(
  { settings, models }: CliConfig,
  name: string,
  precisions: readonly ModelPrecision[] = DEFAULT_PRECISIONS,
): Promise<void> {
  const source = await models.locate(name);
  const model = (await models.list()).find((each) => each.name === name || each.folder === source);
  if (!model || model.state === 'not here')
    throw new AppError(
      'model.not_found',
      `not on this machine: run \`apps/cli/bin/parlance.js models download ${name}\`, or name its folder in PARLANCE_MODELS.`,
    );
  if (model.format !== 'whisper' || source === undefined) return;
  const status = new StatusLine();
  const begun = Date.now();
  const { built } = await compileModel({
    source,
    target: join(settings.compiledModels, model.name),
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

async function download(config: CliConfig, name: string, isBuilt: boolean): Promise<void> {
  const status = new StatusLine();
  try {
    const folder = await config.models.fetch(name, {
      onProgress: ({ model, receivedBytes, totalBytes }) =>
        status.show(`${model}: ${megabytes(receivedBytes)} of ${megabytes(totalBytes)}`),
      onWait: () => sayProgress(`${name}: waiting for another process that fetches it`),
    });
    status.clear();
    sayResult(`${name}: in ${folder}`);
  } finally {
    status.clear();
  }
  if (isBuilt) await build(config, name);
}

async function verify({ models }: CliConfig, name: string): Promise<void> {
  const { folder, files } = await models.verify(name);
  const bad = files.filter(({ state }) => state === 'wrong' || state === 'missing');
  if (bad.length > 0) {
    throw new AppError(
      'model.invalid',
      `${bad.map(({ path, state }) => `${path} is ${state}`).join(', ')} in ${folder}. Remove the model (models rm ${name}) and fetch it again.`,
    );
  }
  const isUnknown = files.some(({ state }) => state === 'unknown');
  sayResult(
    isUnknown
      ? `${name}: no checksums are known of ${folder}`
      : `${name}: ${files.length} files right in ${folder}`,
  );
}

async function remove({ models }: CliConfig, name: string): Promise<void> {
  await models.remove(name);
  sayResult(`${name}: removed`);
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
