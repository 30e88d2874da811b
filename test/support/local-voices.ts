import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';
import { sharedPath } from './shared-path.js';

const FETCHED = join(process.cwd(), '.cache/checkpoints');

/** Where the voices are looked for: what the set-up has fetched, then the shared models. */
export const VOICE_FOLDERS: readonly string[] = (
  process.env.PARLANCE_MODELS?.split(',') ?? [FETCHED, sharedPath('models')]
).map((folder) => folder.trim());

/** A file of a model folder, wherever it is. */
export function voiceFile(...path: string[]): string | undefined {
  return VOICE_FOLDERS.map((folder) => join(folder, ...path)).find((file) => existsSync(file));
}

export const PIPER_JOE = voiceFile('piper-en_US-joe-medium', 'en_US-joe-medium.onnx');
export const KOKORO = voiceFile('kokoro-82m', 'model.onnx');

/** A suite that needs the neural voices; where they are absent it is skipped and says which. */
export function describeWithVoices(name: string, body: () => void): void {
  const missing = [...(PIPER_JOE ? [] : ['piper-en_US-joe-medium']), ...(KOKORO ? [] : ['kokoro-82m'])];
  if (missing.length === 0) describe(name, body);
  else describe.skip(`${name} (needs ${missing.join(' and ')} in .cache/checkpoints, absent)`, body);
}
