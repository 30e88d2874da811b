import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@parlance/errors';
import { inputFiles } from './checkpoint/checkpoint.js';

/** @param onBytes called as the files are read, with how many bytes of how many
 *  @returns sha256 over the names and contents of every checkpoint file that the compiled model depends on */
export async function sourceHash(
  folder: string,
  onBytes: (done: number, total: number) => void = () => {},
): Promise<string> {
  const hash = createHash('sha256');
  const files = await inputFiles(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let done = 0;
  for (const [i, file] of files.entries()) {
    hash.update(`${file}\0${sizes[i]}\0`);
    try {
      for await (const chunk of createReadStream(join(folder, file), { highWaterMark: 1 << 20 })) {
        hash.update(chunk as Buffer);
        onBytes((done += (chunk as Buffer).length), total);
      }
    } catch (cause) {
      throw new AppError('model.invalid', `The model file ${file} cannot be read.`, { cause });
    }
  }
  return hash.digest('hex');
}
