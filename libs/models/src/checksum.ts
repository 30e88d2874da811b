import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** How a file is known: by its sha256, or by git's blob hash (sha1 over `blob SIZE\0` and the content). */
export interface FileDigest {
  readonly kind: 'sha256' | 'git-blob';
  readonly hex: string;
}

/** A file of a model and how to tell that it came whole. */
export interface ModelFile {
  /** Within the model's folder. */
  readonly path: string;
  readonly bytes: number;
  readonly digest: FileDigest;
}

/** Reads the whole file at `path`.
 *  @returns whether it is there and is the one described */
export async function isFile(
  path: string,
  { bytes, digest }: Pick<ModelFile, 'bytes' | 'digest'>,
): Promise<boolean> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : -1),
    () => -1,
  );
  if (size !== bytes) return false;
  const hash = digest.kind === 'sha256' ? createHash('sha256') : createHash('sha1');
  if (digest.kind === 'git-blob') hash.update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex') === digest.hex;
}
