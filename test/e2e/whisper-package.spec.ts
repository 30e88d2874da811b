/** @parlance/whisper by itself: packed, installed in a folder outside this repository, and run as its README shows. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { madeFile } from '../support/media-files.js';
import { MODEL_ENVIRONMENT, modelFile } from '../support/models.js';
import { installPacked } from '../support/packed-packages.js';
import { READ_SPEECH, speechFile, speechPcm } from '../support/speech-samples.js';

const MODEL = resolve(MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE, 'whisper-tiny.en');
/** The longest example that may still be called short. */
const TEN_LINES = 10;

describe('the package @parlance/whisper, installed by itself', () => {
  let folder: string;
  const [transcribing, streaming] = examples('libs/whisper/README.md');

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-whisper-'));
    await installPacked('@parlance/whisper', folder);
  }, 180_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  async function runExample(code: string, ...args: readonly string[]): Promise<string> {
    writeFileSync(join(folder, 'example.js'), code);
    const { stdout } = await promisify(execFile)(process.execPath, ['example.js', ...args], { cwd: folder });
    return stdout;
  }

  it('transcribes a file in ten lines', async () => {
    expect(transcribing!.trim().split('\n').length).toBeLessThanOrEqual(TEN_LINES);
    const file = join(folder, 'speech.wav');
    writeFileSync(file, madeFile('wav', '-i', speechFile(READ_SPEECH.letter)));
    expect(await runExample(transcribing!, MODEL, file)).toMatch(
      /^0 to \d+ ms: It is of the first importance/,
    );
  }, 60_000);

  it('yields interim results and a final while samples are pushed', async () => {
    const file = join(folder, 'speech.pcm');
    writeFileSync(file, speechPcm(READ_SPEECH.letter));
    const lines = (
      await runExample(streaming!, MODEL, modelFile('silero-vad', 'silero_vad.onnx'), file)
    ).split('\n');
    expect(lines.some((line) => line.startsWith('interim: It is'))).toBe(true);
    const finals = lines.filter((line) => line.startsWith('final: '));
    expect(finals.join(' ')).toMatch(/It is of the first importance.*letter/);
  }, 60_000);
});

/** The JavaScript blocks of a document. */
function examples(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/```js\n(.*?)```/gs)].map(([, code]) => code!);
}
