import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { madeFile } from '../support/media-files.js';
import { MODEL_ENVIRONMENT } from '../support/models.js';
import { API_KEY, Platform } from '../support/platform.js';
import { runParlance, type ParlanceRun } from '../support/run-parlance.js';
import { READ_SPEECH, speechFile } from '../support/speech-samples.js';

describe('the parlance command', () => {
  let platform: Platform;
  let folder: string;

  function parlance(
    args: readonly string[],
    options: { key?: string; stdin?: string; environment?: NodeJS.ProcessEnv } = {},
  ): Promise<ParlanceRun> {
    const { key = API_KEY, stdin, environment } = options;
    const all = { PARLANCE_URL: platform.gateway.url, PARLANCE_API_KEY: key, ...environment };
    return runParlance(args, all, { folder, ...(stdin === undefined ? {} : { stdin }) });
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-cli-'));
    platform = await Platform.start();
  }, 120_000);
  afterAll(async () => {
    await platform?.stop();
    rmSync(folder, { recursive: true });
  });

  it('transcribes several files, says which failed and why, and ends with status 1', async () => {
    writeFileSync(join(folder, 'notes.wav'), 'This is text.');
    const { status, output, errors } = await parlance([
      'transcribe',
      speechFile(READ_SPEECH.letter),
      'notes.wav',
      'nowhere.mp3',
      speechFile(READ_SPEECH.gothic),
    ]);
    expect(status).toBe(1);
    expect(output).toMatch(/importance.*letter.*\n.*Gothic/is);
    expect(errors).toMatch(/notes\.wav: .*\[audio\.unsupported_format\]/);
    expect(errors).toMatch(/nowhere\.mp3: .*\[request\.not_found\]/);
    expect(errors).not.toContain('    at ');
  }, 60_000);

  it('reads standard input and writes subtitles to a folder', async () => {
    const flags = ['--format', 'srt', '--output-dir', 'subtitles', '--language', 'en'];
    const { status } = await parlance(['transcribe', '-', ...flags], {
      stdin: speechFile(READ_SPEECH.letter),
    });
    expect(status).toBe(0);
    expect(readFileSync(join(folder, 'subtitles/stdin.srt'), 'utf8')).toMatch(
      /^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\n/,
    );
  }, 60_000);

  it('gives words and segments as verbose_json', async () => {
    const { output } = await parlance([
      'transcribe',
      '--format',
      'verbose_json',
      speechFile(READ_SPEECH.letter),
    ]);
    const { words, segments } = JSON.parse(output) as { words: object[]; segments: object[] };
    expect(words.length).toBeGreaterThan(8);
    expect(segments).not.toHaveLength(0);
  }, 60_000);

  it('transcribes in its own process with --local, where no platform is to be had', async () => {
    const environment = {
      PARLANCE_URL: 'http://127.0.0.1:9',
      PARLANCE_MODEL_CACHE: resolve(MODEL_ENVIRONMENT.PARLANCE_MODEL_CACHE),
      PARLANCE_DEFAULT_MODEL: MODEL_ENVIRONMENT.PARLANCE_DEFAULT_MODEL,
    };
    const wav = join(folder, 'letter.wav');
    writeFileSync(wav, madeFile('wav', '-i', speechFile(READ_SPEECH.letter)));
    writeFileSync(join(folder, 'notes.mp3'), 'This is text.');
    const local = (...args: string[]): Promise<ParlanceRun> =>
      parlance(['transcribe', '--local', ...args], { environment });
    const { status, output, errors } = await local(wav, 'notes.mp3', speechFile(READ_SPEECH.gothic));
    expect(status).toBe(1);
    expect(output).toMatch(/importance.*letter.*\n.*Gothic/is);
    expect(errors).toMatch(/notes\.mp3: .*\[audio\.unsupported_format\]/);
    const subtitles = await local('--format', 'srt', wav);
    expect(subtitles.status).toBe(0);
    // A slow machine is told how far it is; no fault, which would have its code.
    expect(subtitles.errors).not.toContain('[');
    expect(subtitles.output).toMatch(/^1\n00:00:00,\d{3} --> 00:00:0\d,\d{3}\nIt is of the first/);
    expect((await local('--model', 'none', wav)).errors).toContain('[model.not_found]');
    expect((await local('--beam-size', '5', wav)).errors).toContain('--beam-size');
  }, 120_000);

  it('says that a key or a model is not known', async () => {
    const file = speechFile(READ_SPEECH.letter);
    expect((await parlance(['transcribe', file], { key: 'wrong' })).errors).toContain('[auth.invalid_token]');
    expect((await parlance(['transcribe', '--model', 'none', file])).errors).toContain('[model.not_found]');
    expect((await parlance(['talk', file], { key: 'wrong' })).errors).toContain('[auth.invalid_token]');
  }, 60_000);

  it('plays a recording as a turn: shows what was heard, scores and reply, and keeps the spoken reply', async () => {
    const { status, output } = await parlance([
      'talk',
      speechFile(READ_SPEECH.letter),
      '--output-dir',
      'reply',
    ]);
    expect(status).toBe(0);
    expect(output).toMatch(/heard +It is of the first importance/i);
    expect(output).toMatch(/\d\.\d\d – +\d\.\d\d s +letter/);
    expect(output).toMatch(/scores +overall \d+/);
    expect(output).toMatch(/reply +\S/);
    const [, file = ''] = /Spoken reply: (\S+)/.exec(output) ?? [];
    expect(statSync(join(folder, file)).size).toBeGreaterThan(1_000);
  }, 90_000);

  it('says how many live streams the platform holds, refusals included', async () => {
    const flags = ['--seconds', '3', '--first', '8', '--most', '9', '--limit', '20000'];
    const { status, output, errors } = await parlance([
      'bench',
      'streams',
      '--audio',
      speechFile(READ_SPEECH.letter),
      '--json',
      ...flags,
    ]);
    expect(status).toBe(0);
    const { held, steps } = JSON.parse(output) as {
      held: number;
      steps: { streams: number; utterances: number; faults: string[]; isHeld: boolean }[];
    };
    // The platform of this test takes eight live streams.
    expect(held).toBe(8);
    expect(steps.slice(0, 2).map(({ streams, isHeld }) => [streams, isHeld])).toEqual([
      [8, true],
      [9, false],
    ]);
    expect(steps[0]!.utterances).toBeGreaterThanOrEqual(8);
    expect(steps[1]!.faults).toContain('inference.overloaded');
    expect(errors).toMatch(/8 +\d+ +\d+ ms .*held/);
  }, 180_000);
});
