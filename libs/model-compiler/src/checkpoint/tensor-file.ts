import type { FileHandle } from 'node:fs/promises';
import { AppError } from '@parlance/errors';

/** A file of named tensors: the table of contents is read at once, each tensor's bytes only when asked for. Names are those of
 *  Hugging Face's layout. */
export interface TensorFile {
  has(name: string): boolean;
  /** @throws AppError model.invalid for a name that the file does not have */
  shape(name: string): readonly number[];
  /** @returns the tensor widened to float32, row-major */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/** @param what names the file and the tensor in the error
 *  @throws AppError model.invalid where the file ends before `length` bytes */
export async function readBytes(
  handle: FileHandle,
  begin: number,
  length: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    // One read call takes 2 GiB at most.
    const part = Math.min(length - done, 1 << 28);
    const { bytesRead } = await handle.read(bytes, done, part, begin + done);
    if (bytesRead === 0) throw new AppError('model.invalid', `The model file ${what}.`);
    done += bytesRead;
  }
  return bytes;
}
