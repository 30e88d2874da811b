import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileModel, isUpToDate, type CompileProgress } from './compile.js';
import { readManifest } from './compiled-folder.js';

describe('compiling a checkpoint', () => {
  let folder: string;
  let source: string;
  let target: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compile-'));
    source = join(folder, 'source');
    target = join(folder, 'compiled');
    await promisify(execFile)(process.execPath, [
      'libs/model-compiler/dist/testing/compile-random-whisper.js',
      'en',
      folder,
    ]);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  const compileByCommand = (...options: readonly string[]): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)(process.execPath, ['libs/model-compiler/dist/main.js', source, target, ...options]);

  it('lists every graph and weight file with its size, and leaves nothing else behind', async () => {
    const manifest = (await readManifest(target))!;
    const graphs = Object.values(manifest.graphs);
    expect(Object.keys(manifest.graphs).sort()).toEqual(
      [
        'mel',
        'encoder.f32',
        'encoder.int8',
        'layers.f32',
        ...['prefill', 'decode', 'beam', 'generate', 'align'].flatMap((graph) => [
          `${graph}.f32`,
          `${graph}.int8`,
        ]),
      ].sort(),
    );
    for (const { file, bytes } of [
      ...graphs,
      ...Object.entries(manifest.weights).map(([file, { bytes }]) => ({ file, bytes })),
    ]) {
      expect((await stat(join(target, file))).size).toBe(bytes);
    }
    expect(await readdir(folder)).toEqual(['compiled', 'source']);
    expect(manifest).toMatchObject({
      name: 'compiled',
      multilingual: false,
      blankTokens: [220, 50256],
      alignmentHeads: [
        [0, 1],
        [1, 0],
        [1, 1],
      ],
    });
  });

  it('does nothing when nothing changed', async () => {
    const before = await stat(join(target, 'manifest.json'));
    const stages = new Set<CompileProgress['stage']>();
    const { built } = await compileModel({ source, target, onProgress: ({ stage }) => stages.add(stage) });
    expect(built).toBe(false);
    expect([...stages]).toEqual(['hash']);
    expect((await stat(join(target, 'manifest.json'))).mtimeMs).toBe(before.mtimeMs);
  });

  it.each(['decode.int8.onnx', 'weights.int8.bin'])(
    'sees that %s is cut short, altered or gone',
    async (file) => {
      const path = join(target, file);
      const whole = await readFile(path);
      const altered = Buffer.from(whole);
      altered[altered.length - 1]! ^= 1;
      for (const damage of [
        (): Promise<void> => truncate(path, whole.length - 1),
        (): Promise<void> => writeFile(path, altered),
        (): Promise<void> => rm(path),
      ]) {
        await damage();
        expect(await isUpToDate({ source, target })).toBe(false);
        await writeFile(path, whole);
        expect(await isUpToDate({ source, target })).toBe(true);
      }
    },
    60_000,
  );

  it('builds a damaged folder anew, with a precision more where one is asked for, and says so', async () => {
    await truncate(join(target, 'weights.f32.bin'), 1);
    const { stdout } = await compileByCommand('--precisions', 'int4');
    expect(stdout).toMatch(/^compiled compiled in [\d.]+ s\n$/);
    const { precisions, weights } = (await readManifest(target))!;
    expect(precisions).toEqual(['f32', 'int8', 'int4']);
    expect((await stat(join(target, 'weights.f32.bin'))).size).toBe(weights['weights.f32.bin']!.bytes);
    expect((await compileByCommand()).stdout).toBe('compiled is up to date\n');
  }, 60_000);

  it('refuses precisions that there are not, with what there are', async () => {
    await expect(compileByCommand('--precisions', 'f32,int3')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('of f32, int8, int4, f16'),
    });
  });

  it('sees a changed checkpoint and a broken manifest as out of date', async () => {
    expect(await isUpToDate({ source, target })).toBe(true);
    await appendFile(join(source, 'generation_config.json'), ' ');
    expect(await isUpToDate({ source, target })).toBe(false);
    await truncate(
      join(source, 'generation_config.json'),
      (await stat(join(source, 'generation_config.json'))).size - 1,
    );
    expect(await isUpToDate({ source, target })).toBe(true);
    const other = join(folder, 'broken');
    expect(await isUpToDate({ source, target: other })).toBe(false);
  });

  it('keeps the old folder when the new checkpoint is refused', async () => {
    await writeFile(join(source, 'generation_config.json'), JSON.stringify({ alignment_heads: [[7, 0]] }));
    await expect(compileModel({ source, target })).rejects.toMatchObject({
      code: 'model.invalid',
      message: 'generation_config.json names alignment head [7, 0], which the model does not have.',
    });
    expect(await readManifest(target)).toBeDefined();
    expect(await readdir(folder)).toEqual(['compiled', 'source']);
  });
});
