import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ManifestSchema, type Manifest } from './manifest.schema.js';

export interface FileDescription {
  readonly bytes: number;
  readonly sha256: string;
}

/** @returns the manifest of a compiled folder; undefined when there is none or it is of another format. */
export async function readManifest(target: string): Promise<Manifest | undefined> {
  const text = await readFile(join(target, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return ManifestSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Whether every graph and weight file is there with the bytes that the manifest tells of. Reads them all. */
export async function isWhole(folder: string, { graphs, weights }: Manifest): Promise<boolean> {
  const files = [...Object.values(graphs), ...Object.entries(weights).map(([file, of]) => ({ file, ...of }))];
  for (const { file, bytes } of files) {
    const found = await stat(join(folder, file)).catch(() => undefined);
    if (found?.size !== bytes) return false;
  }
  for (const { file, sha256 } of files) if ((await hashFile(join(folder, file))) !== sha256) return false;
  return true;
}

export function describeBytes(content: Uint8Array): FileDescription {
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** Size and hash of each of the folder's files, by name. */
export async function describeFiles(
  folder: string,
  files: readonly string[],
): Promise<Record<string, FileDescription>> {
  const described: Record<string, FileDescription> = {};
  for (const file of files) {
    const path = join(folder, file);
    described[file] = { bytes: (await stat(path)).size, sha256: await hashFile(path) };
  }
  return described;
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Puts `building` in the place of `target` by renames, so that a reader sees a whole folder or none. Of two processes that
 *  compile the same model at once the later one's folder stays. */
export async function replaceFolder(building: string, target: string): Promise<void> {
  const old = `${building}.old`;
  for (let attempt = 1; ; attempt++) {
    await rename(target, old).catch(ignoreMissing);
    try {
      await rename(building, target);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY' || attempt === 3) throw error;
    }
    await rm(old, { recursive: true, force: true });
  }
  await rm(old, { recursive: true, force: true });
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
