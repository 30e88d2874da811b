import { access, lstat, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '@parlance/errors';
import { catalogue, findModel, isPlainName } from './catalogue.js';
import type { ModelEntry, ModelFormat } from './catalogue.schema.js';
import { isFile, type ModelFile } from './checksum.js';
import { withModelLock } from './fetch-lock.js';
import { freeBytes } from './disk-space.js';
import type { FetchProgress } from './model-fetch.js';
import { listModels, locateModel, subfolders, type FoundModel } from './model-folders.js';
import { readModelRecord } from './model-record.js';
import type { Patience } from './body-reading.js';
import type { SourceSettings } from './source-settings.js';

const PATIENCE: Patience = { answerMs: 3_000, stallMs: 10_000, attempts: 3, retryDelayMs: 500 };

export interface ModelStoreOptions {
  /** Folders of models, read only; the first that has a model wins. */
  readonly folders: readonly string[];
  /** Where fetched models go. It is looked in after `folders`. */
  readonly downloads: string;
  /** Where compiled Whisper models lie. */
  readonly compiledModels: string;
  readonly sources: SourceSettings;
  /** The platform's own catalogue by default. */
  readonly catalogue?: readonly ModelEntry[];
  readonly patience?: Partial<Patience>;
  /** Bytes free on the disk of a folder; the system's own answer by default. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** `ready`: can be loaded; `not compiled`: a Whisper checkpoint without its graphs; `not here`: can be fetched. */
export type LocalModelState = 'ready' | 'not compiled' | 'not here';

export interface ListedModel {
  readonly name: string;
  readonly format: ModelFormat;
  readonly state: LocalModelState;
  /** Of the files here, else of those to be fetched. */
  readonly bytes: number;
  /** Undefined where only the compiled model is here, or nothing. */
  readonly folder: string | undefined;
  readonly compiled: string | undefined;
  readonly entry: ModelEntry | undefined;
}

export interface FetchOptions {
  readonly onProgress?: (progress: FetchProgress) => void;
  /** Called once when another process is fetching the model. */
  readonly onWait?: () => void;
  readonly signal?: AbortSignal;
}

/** What became of each file of a model. `unknown`: no checksum is known for it. */
export interface Verification {
  readonly folder: string;
  readonly files: readonly {
    readonly path: string;
    readonly state: 'right' | 'wrong' | 'missing' | 'unknown';
  }[];
}

/** The models of this machine: finds, fetches, verifies and removes them. */
export class ModelStore {
  private readonly roots: readonly string[];
  private readonly catalogue: readonly ModelEntry[];

  constructor(private readonly options: ModelStoreOptions) {
    this.roots = [...new Set([...options.folders, options.downloads].map((folder) => resolve(folder)))];
    this.catalogue = options.catalogue ?? catalogue();
  }

  /** @returns the folder of a model; undefined where it is not on this machine */
  async locate(name: string): Promise<string | undefined> {
    return (await locateModel(this.roots, name, this.catalogue))?.folder;
  }

  /** @returns models here and those of the catalogue, by name */
  async list(): Promise<ListedModel[]> {
    const here = await listModels(this.roots, this.catalogue);
    const names = new Set(here.map(({ name }) => name));
    const compiled = new Set<string>();
    for (const name of await subfolders(this.options.compiledModels))
      if (await this.compiledFolder(name)) compiled.add(name);
    const listed = await Promise.all(here.map((model) => this.listHere(model)));
    for (const name of compiled) if (!names.has(name)) listed.push(await this.listCompiled(name));
    for (const entry of this.catalogue)
      if (!names.has(entry.name) && !compiled.has(entry.name)) listed.push(notHere(entry));
    return listed.sort((a, b) => a.name.localeCompare(b.name));
  }

  /** Fetches a model unless it is here. One process fetches a model at a time; the others wait and find it.
   *  @returns the model's folder
   *  @throws AppError model.not_found, model.invalid, model.no_space, upstream.unavailable, request.cancelled */
  async fetch(name: string, { onProgress, onWait, signal }: FetchOptions = {}): Promise<string> {
    const present = await this.locate(name);
    if (present !== undefined) return present;
    const reference = findModel(name, this.catalogue);
    const { downloads, folders, sources } = this.options;
    const lock = { folder: join(downloads, '.partial'), name: reference.name, signal, onWait };
    return withModelLock(lock, async (whileLocked) => {
      const fetchedMeanwhile = await this.locate(name);
      if (fetchedMeanwhile !== undefined) return fetchedMeanwhile;
      // Services that only look for models do not load what fetching takes.
      const { fetchModel } = await import('./model-fetch.js');
      return fetchModel({
        reference,
        downloads: resolve(downloads),
        folders,
        sources,
        patience: { ...PATIENCE, ...this.options.patience },
        freeBytes: this.options.freeBytes ?? freeBytes,
        signal: whileLocked,
        onProgress,
      });
    });
  }

  /** Reads every file of a model again and compares it with its checksum.
   *  @throws AppError model.not_found when the model is not here */
  async verify(name: string): Promise<Verification> {
    const folder = await this.locate(name);
    if (folder === undefined) throw notOnThisMachine(name);
    const known = await this.knownFiles(name, folder);
    if (known === undefined) {
      const entries = await readdir(folder, { withFileTypes: true });
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
      return { folder, files: paths.sort().map((path) => ({ path, state: 'unknown' })) };
    }
    const files: Verification['files'][number][] = [];
    for (const file of known) {
      const path = join(folder, file.path);
      const isThere = await exists(path);
      files.push({
        path: file.path,
        state: !isThere ? 'missing' : (await isFile(path, file)) ? 'right' : 'wrong',
      });
    }
    return { folder, files };
  }

  /** Removes a fetched model, its compiled form and what an interrupted fetch left.
   *  @throws AppError model.not_found; model.invalid for a model that lies outside of the downloads folder */
  async remove(name: string): Promise<void> {
    const folder = await this.locate(name);
    const downloads = resolve(this.options.downloads);
    const stored = isPlainName(name) ? name : findModel(name, this.catalogue).name;
    if (folder !== undefined && dirname(folder) !== downloads) {
      throw new AppError(
        'model.invalid',
        `'${name}' lies in ${folder}, which is not in the downloads folder ${downloads}; it is left alone.`,
      );
    }
    const unfinished = join(downloads, '.partial');
    const compiled = join(this.options.compiledModels, stored);
    const own = [folder, join(downloads, stored), join(unfinished, stored), compiled].filter(
      (path) => path !== undefined,
    );
    const present = await Promise.all(own.map(exists));
    if (!present.includes(true)) throw notOnThisMachine(name);
    await withModelLock(
      { folder: unfinished, name: stored, signal: undefined, onWait: undefined },
      async () => {
        for (const path of own) await rm(path, { recursive: true, force: true });
      },
    );
  }

  /** The catalogue's files where its form of the model lies here, else those of the folder's record. */
  private async knownFiles(name: string, folder: string): Promise<readonly ModelFile[] | undefined> {
    const entry = this.catalogue.find((each) => each.name === name);
    const record = await readModelRecord(folder);
    if (entry && record?.repository === undefined) {
      const largest = entry.files.reduce((a, b) => (b.bytes > a.bytes ? b : a));
      if (record || (await exists(join(folder, largest.path))))
        return entry.files.map(({ sha256, ...file }) => ({
          ...file,
          digest: { kind: 'sha256', hex: sha256 },
        }));
    }
    return record?.files;
  }

  private async listHere({ name, format, folder }: FoundModel): Promise<ListedModel> {
    const compiled = format === 'whisper' ? await this.compiledFolder(name) : undefined;
    return {
      name,
      format,
      state: format !== 'whisper' || compiled !== undefined ? 'ready' : 'not compiled',
      bytes: await folderBytes(compiled ?? folder),
      folder,
      compiled,
      entry: this.catalogue.find((each) => each.name === name),
    };
  }

  private async listCompiled(name: string): Promise<ListedModel> {
    const compiled = join(this.options.compiledModels, name);
    const entry = this.catalogue.find((each) => each.name === name);
    const bytes = await folderBytes(compiled);
    return { name, format: 'whisper', state: 'ready', bytes, folder: undefined, compiled, entry };
  }

  private async compiledFolder(name: string): Promise<string | undefined> {
    const folder = join(this.options.compiledModels, name);
    return (await exists(join(folder, 'manifest.json'))) ? folder : undefined;
  }
}

function notHere(entry: ModelEntry): ListedModel {
  const bytes = entry.files.reduce((sum, file) => sum + file.bytes, 0);
  return {
    name: entry.name,
    format: entry.format,
    state: 'not here',
    bytes,
    folder: undefined,
    compiled: undefined,
    entry,
  };
}

function notOnThisMachine(name: string): AppError {
  return new AppError('model.not_found', `The model '${name}' is not on this machine.`);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () =>
      lstat(path).then(
        () => true,
        () => false,
      ),
  );
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
