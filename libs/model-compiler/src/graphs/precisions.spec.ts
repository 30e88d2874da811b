import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  flags,
  floats,
  GraphRunner,
  ints,
  numbers,
  type GraphTensor,
} from '../../../../test/support/graph-runner.js';
import { searchBeams } from '../../../../test/support/beam-decoder.js';
import { decodeGreedily } from '../../../../test/support/greedy-decoder.js';
import { hashed } from '../testing/random-whisper.js';
import { readManifest } from '../compiled-folder.js';
import type { Manifest } from '../manifest.schema.js';

type Feeds = Record<string, GraphTensor>;

const FRAMES = 3000;
const STEPS = 24;
/** The prompt of openai-whisper's golden decode "no timestamps" and of the one with. */
const PROMPT = { timed: [50257], plain: [50257, 50362] };

// Alone a test takes well under a second; on a crowded machine it may take many.
jest.setTimeout(60_000);

describe('a model of every precision', () => {
  let folder: string;
  let manifest: Manifest;
  let runner: GraphRunner;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'precisions-'));
    const script = [
      'libs/model-compiler/dist/testing/compile-random-whisper.js',
      'en',
      folder,
      'f32,int8,int4,f16',
    ];
    await promisify(execFile)(process.execPath, script);
    manifest = (await readManifest(join(folder, 'compiled')))!;
    runner = new GraphRunner(join(folder, 'compiled'));
  }, 60_000);
  afterAll(async () => {
    await runner.close();
    await rm(folder, { recursive: true });
  });

  const encode = (precision: string, names: readonly string[]): Promise<Feeds> => {
    const mel = Float32Array.from(names.flatMap((name) => [...hashed(name, 80 * FRAMES)]));
    return runner.run(`encoder.${precision}`, { mel: floats(mel, [names.length, 80, FRAMES]) });
  };

  async function generate(
    precision: string,
    cross: Feeds,
    isTimed: boolean,
    temperature: number,
  ): Promise<Feeds> {
    const rows = cross.cross_k_0!.dims[0]!;
    const prompt = isTimed ? PROMPT.timed : PROMPT.plain;
    const { vocabulary } = manifest.dims;
    const mask = (ids: readonly number[]): GraphTensor => {
      const values = new Float32Array(vocabulary);
      for (const id of ids) values[id] = -1e30;
      return floats(values, [vocabulary]);
    };
    return runner.run(`generate.${precision}`, {
      ...cross,
      prompt: ints(new Array<readonly number[]>(rows).fill(prompt).flat(), [rows, prompt.length]),
      sot_index: ints([0], [1]),
      cross_frames: ints(new Array<number>(rows).fill(FRAMES / 2), [rows]),
      suppress: mask(manifest.suppressTokens),
      blank_suppress: mask(manifest.blankTokens),
      with_timestamps: flags([isTimed], []),
      max_initial_timestamp: ints([50], []),
      temperature: floats(new Float32Array(rows).fill(temperature), [rows, 1]),
      seed: ints(
        Array.from({ length: rows }, (_, row) => row),
        [rows, 1],
      ),
      max_steps: ints([STEPS], []),
    });
  }

  it('holds every graph in every precision', () => {
    expect(manifest.precisions).toEqual(['f32', 'int8', 'int4', 'f16']);
    for (const graph of ['encoder', 'prefill', 'decode', 'beam', 'generate', 'align'])
      for (const precision of manifest.precisions)
        expect(manifest.graphs[`${graph}.${precision}`]?.bytes).toBeGreaterThan(0);
  });

  it.each([
    ['f32', true, 0],
    ['f32', false, 0],
    ['f32', true, 0.6],
    ['int8', true, 0],
    ['int8', false, 0.6],
  ] as const)(
    'generates in one graph what prefill and decode give (%s, timestamps %s, temperature %d)',
    async (precision, isTimed, temperature) => {
      const cross = await encode('f32', ['mel 1', 'mel 2']);
      const { tokens, token_logprobs: logprobs } = await generate(precision, cross, isTimed, temperature);
      const apart = await decodeGreedily(runner, manifest, cross, {
        precision,
        prompt: isTimed ? PROMPT.timed : PROMPT.plain,
        sotIndex: 0,
        withTimestamps: isTimed,
        steps: STEPS,
        suppressed: manifest.suppressTokens,
        temperature,
        seeds: [0, 1],
      });
      expect(tokens!.dims).toEqual([2, STEPS]);
      expect(numbers(tokens!)).toEqual(apart.tokens.flat());
      const sums = [0, 1].map((row) =>
        numbers(logprobs!)
          .slice(row * STEPS, (row + 1) * STEPS)
          .reduce((sum, value) => sum + value, 0),
      );
      sums.forEach((sum, row) => expect(sum).toBeCloseTo(apart.sumLogprobs[row]!, 3));
    },
  );

  it('generates in half precision nearly what single precision gives', async () => {
    const wide = await encode('f32', ['mel 0']);
    const half = await encode('f16', ['mel 0']);
    const exact = await generate('f32', wide, true, 0);
    const rounded = await generate('f16', half, true, 0);
    expect(relativeError(rounded.sot_logits!, exact.sot_logits!)).toBeLessThan(0.01);
    expect(numbers(rounded.tokens!).slice(0, 8)).toEqual(numbers(exact.tokens!).slice(0, 8));

    const options = {
      precision: 'f16',
      prompt: PROMPT.timed,
      sotIndex: 0,
      withTimestamps: true,
      steps: STEPS,
      stepsPerRun: 9,
      suppressed: manifest.suppressTokens,
    } as const;
    const apart = await decodeGreedily(runner, manifest, half, options);
    expect(apart.tokens[0]).toEqual(numbers(rounded.tokens!));
    const [beam] = await searchBeams(runner, manifest, half, { ...options, beams: 1, patience: 1 });
    expect(beam!.tokens).toEqual(numbers(rounded.tokens!));
  });

  it('keeps 4-bit logits within 20 % of the f32 ones', async () => {
    const cross = await encode('f32', ['mel 0']);
    const prefill = (precision: string): Promise<Feeds> =>
      runner.run(`prefill.${precision}`, {
        ...cross,
        tokens: ints(PROMPT.timed, [1, 1]),
        sot_index: ints([0], [1]),
        cross_frames: ints([FRAMES / 2], [1]),
      });
    const [exact, rounded] = await Promise.all([prefill('f32'), prefill('int4')]);
    expect(relativeError(rounded.logits!, exact.logits!)).toBeLessThan(0.2);
  });
});

/** Root of the squared differences over the root of the squares. */
function relativeError(values: GraphTensor, wanted: GraphTensor): number {
  const exact = numbers(wanted);
  const energy = (list: readonly number[]): number => list.reduce((sum, value) => sum + value ** 2, 0);
  return Math.sqrt(energy(numbers(values).map((value, i) => value - exact[i]!)) / energy(exact));
}
