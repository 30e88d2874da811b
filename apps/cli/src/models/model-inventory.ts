import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** `ready`: can be loaded as it is; `not compiled`: a Whisper checkpoint without its graphs. */
export interface ModelEntry {
  readonly name: string;
  readonly kind: 'whisper' | 'onnx';
  readonly state: 'ready' | 'not compiled';
  /** The checkpoint's folder; undefined where only the compiled model is here. */
  readonly checkpoint: string | undefined;
  readonly compiled: string | undefined;
  readonly bytes: number;
}

/** Every model on this machine, by name; in the folders named first it wins. */
export async function inventory(
  modelFolders: readonly string[],
  compiledModels: string,
): Promise<ModelEntry[]> {
  const found = new Map<string, ModelEntry>();
  for (const root of modelFolders) {
    for (const name of await subfolders(root)) {
      const checkpoint = join(root, name);
      const kind = await kindOf(checkpoint);
      if (!kind || found.has(name)) continue;
      const compiled = kind === 'whisper' ? await compiledFolder(compiledModels, name) : undefined;
      const state = kind === 'onnx' || compiled ? 'ready' : 'not compiled';
      found.set(name, {
        name,
        kind,
        state,
        checkpoint,
        compiled,
        bytes: await folderBytes(compiled ?? checkpoint),
      });
    }
  }
  for (const name of await subfolders(compiledModels)) {
    const compiled = await compiledFolder(compiledModels, name);
    if (!compiled || found.has(name)) continue;
    found.set(name, {
      name,
      kind: 'whisper',
      state: 'ready',
      checkpoint: undefined,
      compiled,
      bytes: await folderBytes(compiled),
    });
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

async function kindOf(folder: string): Promise<ModelEntry['kind'] | undefined> {
  const files = await readdir(folder);
  if (files.some((file) => file.endsWith('.safetensors')) && files.includes('config.json')) return 'whisper';
  return files.some((file) => file.endsWith('.onnx')) ? 'onnx' : undefined;
}

async function compiledFolder(compiledModels: string, name: string): Promise<string | undefined> {
  const folder = join(compiledModels, name);
  return readFile(join(folder, 'manifest.json')).then(
    () => folder,
    () => undefined,
  );
}

async function subfolders(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name);
}

async function folderBytes(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
