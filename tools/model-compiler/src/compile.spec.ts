import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileModel, isUpToDate, readManifest, type CompileProgress } from './compile.js';

describe('compiling a checkpoint', () => {
  let folder: string;
  let source: string;
  let target: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compile-'));
    source = join(folder, 'source');
    target = join(folder, 'compiled');
    await promisify(execFile)(process.execPath, ['dist/tools/dev/compile-random-whisper.js', 'en', folder]);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  it('lists every graph and weight file with its size, and leaves nothing else behind', async () => {
    const manifest = (await readManifest(target))!;
    const graphs = Object.values(manifest.graphs);
    expect(Object.keys(manifest.graphs).sort()).toEqual(
      [
        'mel',
        'encoder.f32',
        'encoder.int8',
        ...['prefill', 'decode', 'beam', 'align'].flatMap((graph) => [`${graph}.f32`, `${graph}.int8`]),
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
