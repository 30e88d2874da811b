import { createHash, type Hash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, isAppError } from '#libs/errors';
import type { HubClient, HubFile } from './hub.client.js';
import type { ModelOrigin } from './model-names.js';

export interface DownloadOptions {
  /** The model's folder is made in here. */
  readonly folder: string;
  readonly onProgress?: (file: string, bytes: number, total: number) => void;
  /** A body that stays silent longer than this is asked for anew. */
  readonly stallMs?: number;
  /** Times in a row that a file may come no further. */
  readonly attempts?: number;
  readonly retryDelayMs?: number;
}

/** Fetches a model. Parts lie in `.partial` until every file has its size and hash; then the folder appears, all at once.
 *  An interrupted download goes on where it stopped.
 *  @returns the model's folder
 *  @throws AppError model.not_found, model.invalid (what came is not what was announced), upstream.unavailable */
export async function downloadModel(
  hub: HubClient,
  origin: ModelOrigin,
  options: DownloadOptions,
): Promise<string> {
  const target = join(options.folder, origin.name);
  if (existsSync(target)) return target;
  const chosen = origin.choose(await hub.files(origin.repository));
  if (!chosen.some(({ as }) => /\.(safetensors|onnx)$/.test(as))) {
    throw new AppError(
      'model.not_found',
      `'${origin.repository}' holds no weights this platform reads (safetensors).`,
    );
  }
  const partial = join(options.folder, '.partial', origin.name);
  for (const { file, as } of chosen) {
    const path = join(partial, as);
    await mkdir(dirname(path), { recursive: true });
    await fetchFile(hub, origin.repository, file, path, options);
    await verify(path, file);
  }
  await rename(partial, target);
  return target;
}

async function fetchFile(
  hub: HubClient,
  repository: string,
  file: HubFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const { attempts = 5, retryDelayMs = 1_000 } = options;
  let fruitless = 0;
  for (;;) {
    const before = await sizeOf(path);
    if (before === file.bytes) return;
    // A part longer than the whole belongs to another version of the file.
    if (before > file.bytes) await rm(path);
    try {
      await appendFrom(hub, repository, file, path, options);
    } catch (error) {
      if (isAppError(error) && !error.retryable) throw error;
      fruitless = (await sizeOf(path)) > before ? 0 : fruitless + 1;
      if (fruitless >= attempts) {
        throw new AppError(
          'upstream.unavailable',
          `${file.path} could not be fetched; the same command goes on where this one stopped.`,
          { cause: error },
        );
      }
      await delay(retryDelayMs * (fruitless + 1));
    }
  }
}

/** One connection's worth; returns when the file is whole, throws when the connection broke off. */
async function appendFrom(
  hub: HubClient,
  repository: string,
  file: HubFile,
  path: string,
  options: DownloadOptions,
): Promise<void> {
  const { stallMs = 30_000, onProgress } = options;
  const { offset, body } = await hub.open(repository, file.path, await sizeOf(path));
  const output = await open(path, offset === 0 ? 'w' : 'a');
  const reader = body.getReader();
  let written = offset;
  try {
    for (;;) {
      const { done, value } = await withinStallLimit(reader.read(), stallMs);
      if (done) break;
      written += value.byteLength;
      if (written > file.bytes) throw new AppError('model.invalid', `${file.path} is longer than announced.`);
      await output.write(value);
      onProgress?.(file.path, written, file.bytes);
    }
  } finally {
    await output.close();
    await reader.cancel().catch(() => undefined);
  }
  if (written < file.bytes) throw new AppError('upstream.unavailable', `${file.path} broke off.`);
}

async function withinStallLimit<T>(reading: Promise<T>, stallMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AppError('upstream.unavailable', 'The model source fell silent.')),
      stallMs,
    );
  });
  return Promise.race([reading, stalled]).finally(() => clearTimeout(timer));
}

async function verify(path: string, file: HubFile): Promise<void> {
  const hash = startHash(file);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  if (hash.digest('hex') === file.digest.hex) return;
  await rm(path);
  throw new AppError(
    'model.invalid',
    `${file.path} does not have the hash its source announces; it was thrown away. Try again.`,
  );
}

function startHash(file: HubFile): Hash {
  return file.digest.kind === 'sha256'
    ? createHash('sha256')
    : createHash('sha1').update(`blob ${file.bytes}\0`);
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
