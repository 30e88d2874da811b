import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { relativePath } from './catalogue.schema.js';

/** Lies in the folder of each model that the store fetched. */
export const RECORD_FILE = 'parlance-model.json';

const recordSchema = z.object({
  name: z.string(),
  /** Of the model hub; absent where the files are the catalogue's. */
  repository: z.string().optional(),
  files: z.array(
    z.object({
      path: relativePath,
      bytes: z.number().int().nonnegative(),
      digest: z.object({ kind: z.enum(['sha256', 'git-blob']), hex: z.string() }),
    }),
  ),
});

/** What a model's folder holds, so that it can be verified later and copied to other machines. */
export type ModelRecord = z.infer<typeof recordSchema>;

/** @returns undefined for anything that is no record */
export function parseModelRecord(text: string): ModelRecord | undefined {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** @returns undefined where a folder has none, as one that was filled by hand */
export async function readModelRecord(folder: string): Promise<ModelRecord | undefined> {
  const text = await readFile(join(folder, RECORD_FILE), 'utf8').catch(() => '');
  return parseModelRecord(text);
}

export async function writeModelRecord(folder: string, record: ModelRecord): Promise<void> {
  await writeFile(join(folder, RECORD_FILE), `${JSON.stringify(record, undefined, 2)}\n`);
}
