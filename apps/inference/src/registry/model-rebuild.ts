import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants, setPriority } from 'node:os';
import { AppError } from '@parlance/errors';
import { DEFAULT_PRECISIONS } from '@parlance/model-compiler';
import type { ModelSource } from '@parlance/onnx';

/** A compiled model whose graphs are of another version, and what it is built from. */
export interface OutdatedModel {
  readonly model: ModelSource;
  /** Folder of its checkpoint. */
  readonly checkpoint: string;
  /** Of the compiled folder. */
  readonly graphVersion: string;
}

/**
 * Builds the model's compiled folder anew, in a process of its own: it takes seconds of a processor and much memory, neither of
 * which recognition is to miss afterwards. The folder is replaced as a whole, once it is there.
 * @param limitMs  after which the process is ended
 * @throws AppError model.invalid, naming the command that does the same by hand
 */
export async function rebuildModel({ model, checkpoint }: OutdatedModel, limitMs: number): Promise<void> {
  const script = createRequire(import.meta.url).resolve('@parlance/model-compiler/program');
  const precisions = [...new Set([...DEFAULT_PRECISIONS, model.precision])].join();
  const words = [script, checkpoint, model.location, '--precisions', precisions];
  await new Promise<void>((resolve, reject) => {
    const child = execFile(process.execPath, words, { timeout: limitMs }, (error, _out, told) => {
      process.off('exit', end);
      if (!error) return resolve();
      const cause = new Error(told.trim() || error.message);
      reject(
        new AppError(
          'model.invalid',
          `The model '${model.name}' was compiled for another version and cannot be built anew; run: parlance models build ${model.name}`,
          { cause },
        ),
      );
    });
    const end = (): void => void child.kill();
    process.once('exit', end);
    giveWay(child.pid);
  });
}

/** Live streams go before it. */
function giveWay(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system does not allow it.
  }
}
