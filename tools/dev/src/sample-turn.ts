import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Settings } from './settings.js';

/** A learner's sentence with a slip of grammar, or a fluent reader's; see SOURCE.md beside them. */
const SHARED_RECORDINGS = ['speechocean762/train/audio/005600154.opus', 'native-read/audio/LJ002-0057.opus'];
const SPOKEN_SAMPLE =
  'Hello. Yesterday I go to the market with my sister, and we buyed some apples and a bread.';

/** The recording to play: PARLANCE_SAMPLE, one of ../shared/data, or speech synthesised here. */
export async function sampleRecording(settings: Settings): Promise<string> {
  const chosen = settings.environment.PARLANCE_SAMPLE;
  if (chosen) {
    if (!existsSync(chosen)) throw new Error('The recording PARLANCE_SAMPLE names does not exist.');
    return chosen;
  }
  const shared = join(settings.root, settings.environment.PARLANCE_SHARED || '../shared', 'data');
  const recording = SHARED_RECORDINGS.map((name) => join(shared, name)).find((file) => existsSync(file));
  if (recording) return recording;
  await mkdir(settings.samples, { recursive: true });
  const file = join(settings.samples, 'spoken.wav');
  await promisify(execFile)('espeak-ng', ['-v', 'en-us', '-s', '140', '-w', file, SPOKEN_SAMPLE]);
  return file;
}

/** Plays it through the platform with the command a person would use; resolves to that command's exit status. */
export async function playSampleTurn(settings: Settings, recording: string, key: string): Promise<number> {
  const node = join(settings.root, 'node_modules/.bin/node');
  const cli = join(settings.root, 'dist/apps/cli/src/main.js');
  const child = spawn(node, [cli, 'talk', recording, '--output-dir', settings.samples], {
    cwd: settings.root,
    env: {
      ...settings.environment,
      PARLANCE_URL: `http://${settings.httpHost}:${settings.ports.http}`,
      PARLANCE_API_KEY: key,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
