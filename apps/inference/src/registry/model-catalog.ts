import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError } from '#libs/errors';
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
    for (const folder of await foldersIn(this.options.cacheFolder)) {
      if (await exists(join(folder, 'manifest.json'))) {
        found.set(basename(folder), {
          name: basename(folder),
          kind: 'whisper',
          location: folder,
          precision: this.options.precision,
        });
      }
    }
    for (const root of this.options.modelFolders) {
      for (const folder of await foldersIn(root)) {
        const graphs = (await readdir(folder)).filter((file) => file.endsWith('.onnx'));
        const [graph] = graphs;
        if (graphs.length !== 1 || graph === undefined || found.has(basename(folder))) continue;
        found.set(basename(folder), {
          name: basename(folder),
          kind: 'onnx',
          location: join(folder, graph),
          precision: 'f32',
        });
      }
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
    if (await this.hasCheckpoint(name)) {
      throw new AppError(
        'model.not_found',
        `The model '${name}' is not compiled yet; run: parlance models build ${name}`,
      );
    }
    throw new AppError('model.not_found', `There is no model '${printable(name)}'.`);
  }

  private async hasCheckpoint(name: string): Promise<boolean> {
    for (const root of this.options.modelFolders) {
      if (
        (await foldersIn(root)).some((folder) => basename(folder) === name) &&
        (await isWhisperCheckpoint(join(root, name)))
      )
        return true;
    }
    return false;
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

async function isWhisperCheckpoint(folder: string): Promise<boolean> {
  const files = await readdir(folder);
  if (!files.some((file) => file.endsWith('.safetensors')) || !files.includes('config.json')) return false;
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as { model_type?: string };
  return config.model_type === 'whisper';
}

async function foldersIn(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    const folders = entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => join(root, entry.name));
    const kinds = await Promise.all(folders.map(async (folder) => (await stat(folder)).isDirectory()));
    return folders.filter((_, i) => kinds[i]).sort();
  } catch {
    // A folder that is not there holds no models.
    return [];
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
