import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { API_KEY, Platform } from '../support/platform.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';

/** Blocks of the README that a reader may copy and run: those with `<!-- test: shell|node -->` above them. */
function blocks(kind: 'shell' | 'node'): string[] {
  const pattern = new RegExp(`<!-- test: ${kind} -->\\s+\`\`\`\\w+\\n(.*?)\n\`\`\``, 'gs');
  return [...readFileSync('README.md', 'utf8').matchAll(pattern)].map((match) => match[1] ?? '');
}

describe("the README's commands", () => {
  let platform: Platform;
  let folder: string;

  /** Runs a block as a reader would, against this platform. @returns what it printed */
  async function run(command: string, args: readonly string[]): Promise<string> {
    const environment = {
      ...process.env,
      NODE_OPTIONS: '',
      PARLANCE_URL: platform.gateway.url,
      PARLANCE_API_KEY: API_KEY,
      RECORDING: join(folder, 'recording.wav'),
    };
    const { stdout } = await promisify(execFile)(command, [...args], {
      cwd: folder,
      env: environment,
      timeout: 60_000,
    });
    return stdout;
  }

  beforeAll(async () => {
    // Within the checkout, so that the Node examples find their packages.
    mkdirSync('.cache', { recursive: true });
    folder = mkdtempSync(join(process.cwd(), '.cache/readme-'));
    execFileSync('ffmpeg', [
      '-v',
      'error',
      '-i',
      speechFile(READ_SPEECH.letter),
      '-ar',
      '16000',
      '-ac',
      '1',
      join(folder, 'recording.wav'),
    ]);
    platform = await Platform.start();
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    rmSync(folder, { recursive: true });
  });

  it('transcribe, speak and take a turn with curl', async () => {
    const [curl = ''] = blocks('shell');
    const printed = await run('bash', ['-euo', 'pipefail', '-c', curl]);
    expect(printed).toMatch(/^\{"text":".*letter/);
    expect(printed).toContain('"status":"complete"');
    expect(statSync(join(folder, 'hello.mp3')).size).toBeGreaterThan(1_000);
  }, 90_000);

  it('transcribe with the OpenAI client and listen over WebSocket in Node', async () => {
    const programs = blocks('node');
    expect(programs).toHaveLength(2);
    for (const [position, program] of programs.entries()) {
      const file = join(folder, `example-${position}.mjs`);
      writeFileSync(file, program);
      expect(await run(process.execPath, [file])).toMatch(/importance.*letter/i);
    }
  }, 90_000);
});
