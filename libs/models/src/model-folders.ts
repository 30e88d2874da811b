import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { catalogue, findModel, isPlainName, OWNERS, type ModelReference } from './catalogue.js';
import type { ModelEntry, ModelFormat } from './catalogue.schema.js';
import { readModelRecord } from './model-record.js';

/** @returns what lies in a folder; undefined when it is no model, or not the whole of one */
export async function formatOf(folder: string): Promise<ModelFormat | undefined> {
  const files: readonly string[] = await readdir(folder).catch(() => []);
  const has = (file: string) => files.includes(file);
  if (has('config.json') && has('tokenizer.json')) {
    if (has('model.bin') || files.some((file) => file.endsWith('.safetensors'))) return 'whisper';
  }
  const graphs = files.filter((file) => file.endsWith('.onnx'));
  if (graphs.some((file) => has(`${file}.json`))) return 'piper';
  if (has('model.onnx') && has('voices')) return 'kokoro';
  return graphs.length > 0 ? 'onnx' : undefined;
}

/** A model in one of the model folders. */
export interface FoundModel {
  readonly name: string;
  readonly format: ModelFormat;
  readonly folder: string;
}

/** Looks for a model in the roots in order. In a root the folder `OWNER-NAME` wins over `NAME`: what is published under
 *  its owner's name is preferred to what may have been made here. */
export async function locateModel(
  roots: readonly string[],
  name: string,
  known: readonly ModelEntry[] = catalogue(),
): Promise<FoundModel | undefined> {
  const reference = referenceOf(name, known);
  if (!reference) return undefined;
  for (const root of roots) {
    for (const candidate of folderNames(name, reference)) {
      const folder = join(root, candidate);
      const format = await formatOf(folder);
      if (format && isFormatOf(reference, format) && (await isRepositoryOf(name, folder)))
        return { name: reference.name, format, folder };
    }
  }
  return undefined;
}

/** @returns every model of the roots by name; the first root that has one wins, as in `locateModel` */
export async function listModels(
  roots: readonly string[],
  known: readonly ModelEntry[] = catalogue(),
): Promise<FoundModel[]> {
  const found = new Map<string, FoundModel>();
  for (const root of roots) {
    const folders = (await subfolders(root)).map((folder) => ({ folder, name: nameOf(folder) }));
    // Owner-qualified folders first.
    folders.sort((a, b) => Number(a.name === a.folder) - Number(b.name === b.folder));
    for (const { folder, name } of folders) {
      const format = await formatOf(join(root, folder));
      const reference = referenceOf(name, known);
      if (!format || found.has(name) || (reference && !isFormatOf(reference, format))) continue;
      found.set(name, { name, format, folder: join(root, folder) });
    }
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** @returns names of the folders in a root, without hidden ones; symbolic links to folders count */
export async function subfolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  const candidates = entries.filter(({ name }) => !name.startsWith('.'));
  const isFolder = await Promise.all(
    candidates.map(
      async (entry) =>
        entry.isDirectory() ||
        (entry.isSymbolicLink() &&
          (await stat(join(root, entry.name)).then(
            (found) => found.isDirectory(),
            () => false,
          ))),
    ),
  );
  return candidates.filter((_, i) => isFolder[i]).map(({ name }) => name);
}

/** The folder name without a known owner: `openai-whisper-tiny.en` is `whisper-tiny.en`. */
function nameOf(folder: string): string {
  const owner = OWNERS.find((each) => folder.startsWith(`${each}-`));
  return owner === undefined ? folder : folder.slice(owner.length + 1);
}

/** A name that cannot be fetched, such as one of a model of one's own, can still be found. */
function referenceOf(name: string, known: readonly ModelEntry[]): ModelReference | undefined {
  try {
    return findModel(name, known);
  } catch {
    return isPlainName(name) ? { name, entry: undefined, repositories: [] } : undefined;
  }
}

function folderNames(asked: string, { name }: ModelReference): string[] {
  const qualified = asked.includes('/')
    ? [asked.replace('/', '-')]
    : OWNERS.map((owner) => `${owner}-${name}`);
  return [...new Set([...qualified, name])];
}

function isFormatOf({ entry, name }: ModelReference, format: ModelFormat): boolean {
  const expected = entry?.format ?? (name.startsWith('whisper-') ? 'whisper' : undefined);
  return expected === undefined || format === expected;
}

/** A folder that says it is of another repository than the one asked for is another model. */
async function isRepositoryOf(asked: string, folder: string): Promise<boolean> {
  if (!asked.includes('/')) return true;
  const repository = (await readModelRecord(folder))?.repository;
  return repository === undefined || repository === asked;
}
