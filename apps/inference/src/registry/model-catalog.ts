import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#libs/errors';
import { listModels, locateModel, subfolders } from '#libs/models';
import type { ModelSource, Precision } from '../runtime/protocol.js';

export interface CatalogOptions {
  /** Compiled Whisper models, one folder each. */
  readonly cacheFolder: string;
  /** Checkpoints and generic ONNX models, one folder each; earlier ones win. */
  readonly modelFolders: readonly string[];
  readonly precision: Precision;
}

/** What lies on disk, read anew each time: a model compiled while the service runs is found. */
export class ModelCatalog {
  constructor(private readonly options: CatalogOptions) {}

  async list(): Promise<ModelSource[]> {
    const found = new Map<string, ModelSource>();
    for (const name of await subfolders(this.options.cacheFolder)) {
      const location = join(this.options.cacheFolder, name);
      if (await exists(join(location, 'manifest.json')))
        found.set(name, { name, kind: 'whisper', location, precision: this.options.precision });
    }
    for (const { name, format, folder } of await listModels(this.options.modelFolders)) {
      if (format !== 'onnx' || found.has(name)) continue;
      const graphs = (await readdir(folder)).filter((file) => file.endsWith('.onnx'));
      const [graph] = graphs;
      // Of several graphs none says which one is the model.
      if (graphs.length !== 1 || graph === undefined) continue;
      found.set(name, { name, kind: 'onnx', location: join(folder, graph), precision: 'f32' });
    }
    return [...found.values()];
  }

  /** @throws AppError model.not_found, naming the compile command where only a checkpoint exists */
  async find(name: string): Promise<ModelSource> {
    const source = (await this.list()).find((model) => model.name === name);
    if (source && (await isCompiledFor(source))) return source;
    if (source)
      throw new AppError(
        'model.not_found',
        `The model '${name}' is not compiled in ${source.precision}; run: parlance models build ${name}`,
      );
    if ((await locateModel(this.options.modelFolders, name))?.format === 'whisper') {
      throw new AppError(
        'model.not_found',
        `The model '${name}' is not compiled yet; run: parlance models build ${name}`,
      );
    }
    throw new AppError('model.not_found', `There is no model '${printable(name)}'.`);
  }
}

/** A manifest that cannot be read is the loader's to refuse. */
async function isCompiledFor({ kind, location, precision }: ModelSource): Promise<boolean> {
  if (kind === 'onnx') return true;
  const manifest = await readFile(join(location, 'manifest.json'), 'utf8').catch(() => '{}');
  const { precisions } = parse(manifest) as { readonly precisions?: readonly string[] };
  return precisions?.includes(precision) ?? true;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** A client's own text in a message: short and on one line. */
function printable(name: string): string {
  return name.replace(/[^\w.:/-]/g, '?').slice(0, 64);
}
