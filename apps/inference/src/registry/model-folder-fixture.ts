import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a file of a spec's own model folders. */
export async function putFile(folder: string, path: string, text: string): Promise<void> {
  const file = join(folder, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, text);
}

/** What makes a folder a Whisper checkpoint for the catalogue. */
export async function putCheckpoint(folder: string, path: string): Promise<void> {
  await putFile(folder, `${path}/config.json`, '{"model_type":"whisper"}');
  await putFile(folder, `${path}/model.safetensors`, '');
  await putFile(folder, `${path}/tokenizer.json`, '{}');
}
