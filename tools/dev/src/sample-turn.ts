import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gatewayUrl } from './platform-processes.js';
import type { Settings } from '@parlance/cli/machine/settings';

/** A learner's sentence with two slips of grammar (test/fixtures/speech/SOURCE.md). */
const SAMPLE = 'test/fixtures/speech/en-06.opus';

/** The recording to play: the one PARLANCE_SAMPLE names, or the repository's own.
 *  @throws Error where PARLANCE_SAMPLE names none */
export function sampleRecording(settings: Settings): string {
  const chosen = settings.environment.PARLANCE_SAMPLE;
  if (chosen && !existsSync(chosen)) throw new Error('The recording PARLANCE_SAMPLE names does not exist.');
  return chosen || join(settings.root, SAMPLE);
}

/** Plays it through the platform with the command a person would use; resolves to that command's exit status. */
export async function playSampleTurn(settings: Settings, recording: string, key: string): Promise<number> {
  const node = join(settings.root, 'node_modules/.bin/node');
  const cli = join(settings.root, 'apps/cli/dist/main.js');
  const child = spawn(node, [cli, 'talk', recording, '--output-dir', settings.samples], {
    cwd: settings.root,
    env: {
      ...settings.environment,
      PARLANCE_URL: gatewayUrl(settings),
      PARLANCE_API_KEY: key,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
