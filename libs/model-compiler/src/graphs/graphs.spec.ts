import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { searchBeams } from '../../../../test/support/beam-decoder.js';
import { floats, GraphRunner, ints, numbers } from '../../../../test/support/graph-runner.js';
import { decodeGreedily, softmaxAt, type Feeds } from '../../../../test/support/greedy-decoder.js';
import { hashed, RANDOM_WHISPERS } from '../testing/random-whisper.js';
import { readManifest } from '../compiled-folder.js';
import type { Manifest } from '../manifest.schema.js';

/** Made by openai-whisper from the same random weights: tools/dev/goldens/random_model.py. */
interface Golden {
  readonly suppressed: readonly number[];
  readonly cross: readonly (readonly [
    layer: number,
    part: string,
    head: number,
    frame: number,
    value: number,
  ])[];
  readonly prefill: {
    readonly tokens: readonly number[];
    readonly sotIndex: number;
    readonly logits: readonly (readonly [number, number])[];
    readonly argMax: number;
    readonly sotProbs: readonly (readonly [number, number])[];
  };
  readonly decodes: readonly {
    readonly name: string;
    readonly mel: readonly number[];
    readonly initial: readonly number[];
    readonly sotIndex: number;
    readonly withTimestamps: boolean;
    readonly steps: number;
    readonly tokens: readonly (readonly number[])[];
    readonly sumLogprobs: readonly number[];
    readonly noSpeechProbs: readonly number[];
  }[];
  readonly beams: readonly (Golden['decodes'][number] & {
    readonly beams: number;
    readonly patience: number;
  })[];
  readonly align: {
    readonly tokens: readonly number[];
    readonly firstText: number;
    readonly textProbs: readonly number[];
    readonly scores: readonly (readonly [head: number, token: number, frame: number, value: number])[];
  };
}

/** Largest difference allowed between float32 sums in another order; logits here have a spread of about 2.5. */
const TOLERANCE = 1e-3;
const FRAMES = 3000;
const HEAD_WIDTH = 32;

/** Root of the squared differences over the root of the squares. */
function relativeError(values: readonly number[], wanted: readonly number[]): number {
  const energy = (list: readonly number[]): number => list.reduce((sum, value) => sum + value ** 2, 0);
  return Math.sqrt(energy(wanted.map((value, i) => value - values[i]!)) / energy(wanted));
}

// Alone a test takes well under a second; on a crowded machine a run of single steps may take many.
jest.setTimeout(60_000);

const goldens = JSON.parse(await readFile('test/golden/random-whisper.json', 'utf8')) as {
  models: Record<string, Golden>;
};

describe.each(Object.entries(RANDOM_WHISPERS))(
  'graphs of a random Whisper (%s) against openai-whisper',
  (name, whisper) => {
    const golden = goldens.models[name]!;
    let folder: string;
    let manifest: Manifest;
    let runner: GraphRunner;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'random-whisper-'));
      await promisify(execFile)(process.execPath, [
        'libs/model-compiler/dist/testing/compile-random-whisper.js',
        name,
        folder,
      ]);
      manifest = (await readManifest(join(folder, 'compiled')))!;
      runner = new GraphRunner(join(folder, 'compiled'));
    }, 60_000);

    afterAll(async () => {
      await runner.close();
      await rm(folder, { recursive: true });
    });

    const encode = (rows: readonly number[]): Promise<Feeds> => {
      const size = whisper.mels * FRAMES;
      const mel = new Float32Array(rows.length * size);
      rows.forEach((row, i) => mel.set(hashed(`mel ${row}`, size), i * size));
      return runner.run('encoder.f32', { mel: floats(mel, [rows.length, whisper.mels, FRAMES]) });
    };

    it("gives the encoder's keys and values for every decoder layer", async () => {
      const cross = await encode([0]);
      for (const [layer, part, head, frame, value] of golden.cross) {
        const { data, dims } = cross[`cross_${part}_${layer}`]!;
        expect(dims).toEqual([1, 2, FRAMES / 2, HEAD_WIDTH]);
        expect(Math.abs(Number(data[(head * 1500 + frame) * HEAD_WIDTH + 5]) - value)).toBeLessThan(
          TOLERANCE,
        );
      }
    });

    it("gives each encoder block's output beside the same keys and values", async () => {
      const mel = floats(hashed('mel 0', whisper.mels * FRAMES), [1, whisper.mels, FRAMES]);
      const { layers, ...cross } = await runner.run('layers.f32', { mel });
      const width = 2 * HEAD_WIDTH;
      expect(layers!.dims).toEqual([1, FRAMES / 2, 2 * width]);
      const expected = await encode([0]);
      for (const name of Object.keys(expected))
        expect(relativeError(numbers(cross[name]!), numbers(expected[name]!))).toBeLessThan(1e-5);
      // The last block's output times the checkpoint's matrix is the key of head 0.
      const matrix = hashed('model.decoder.layers.1.encoder_attn.k_proj.weight', width * width);
      for (const frame of [0, 700, 1499]) {
        const last = numbers(layers!).slice((2 * frame + 1) * width, (2 * frame + 2) * width);
        const key = last.reduce((sum, value, i) => sum + value * (matrix[5 * width + i]! / 2), 0);
        expect(Math.abs(key - Number(cross.cross_k_1!.data[frame * HEAD_WIDTH + 5]))).toBeLessThan(TOLERANCE);
      }
    });

    it('gives the logits after a prompt, and no-speech and language probabilities at the start token', async () => {
      const { tokens, sotIndex, logits, argMax, sotProbs } = golden.prefill;
      const outputs = await runner.run('prefill.f32', {
        tokens: ints(tokens, [1, tokens.length]),
        sot_index: ints([sotIndex], [1]),
        cross_frames: ints([FRAMES / 2], [1]),
        ...(await encode([0])),
      });
      const values = numbers(outputs.logits!);
      for (const [id, value] of logits) expect(Math.abs(values[id]! - value)).toBeLessThan(TOLERANCE);
      expect(values.indexOf(Math.max(...values))).toBe(argMax);
      for (const [id, probability] of sotProbs) {
        const ours = softmaxAt(outputs.sot_logits!.data as Float32Array, 0, whisper.vocabulary, id);
        expect(ours / probability).toBeCloseTo(1, 3);
      }
    });

    it.each(golden.decodes.map((decode) => [decode.name, decode] as const))(
      'decodes greedily: %s',
      async (_, decode) => {
        const cross = await encode(decode.mel);
        const options = {
          precision: 'f32',
          prompt: decode.initial,
          suppressed: golden.suppressed,
          ...decode,
        } as const;
        const result = await decodeGreedily(runner, manifest, cross, options);
        expect(result.tokens).toEqual(decode.tokens);
        result.sumLogprobs.forEach((sum, row) =>
          expect(Math.abs(sum - decode.sumLogprobs[row]!)).toBeLessThan(10 * TOLERANCE),
        );
        result.noSpeechProbs.forEach((probability, row) =>
          expect(probability / decode.noSpeechProbs[row]!).toBeCloseTo(1, 3),
        );
      },
    );

    it.each(
      golden.beams.flatMap((beam) =>
        [1, 7, 20].map((stepsPerRun) => [beam.name, stepsPerRun, beam] as const),
      ),
    )('searches beams: %s, in runs of %d steps', async (_, stepsPerRun, beam) => {
      const found = await searchBeams(runner, manifest, await encode(beam.mel), {
        precision: 'f32',
        prompt: beam.initial,
        suppressed: golden.suppressed,
        ...beam,
        stepsPerRun,
      });
      expect(found.map(({ tokens }) => tokens)).toEqual(beam.tokens);
      found.forEach(({ sum }, row) =>
        expect(Math.abs(sum - beam.sumLogprobs[row]!)).toBeLessThan(10 * TOLERANCE),
      );
    });

    it('decodes the same in runs of 1 or 7 steps as in one run', async () => {
      const decode = golden.decodes[2]!;
      const cross = await encode(decode.mel);
      const options = {
        precision: 'f32',
        prompt: decode.initial,
        suppressed: golden.suppressed,
        ...decode,
      } as const;
      for (const stepsPerRun of [1, 7]) {
        const result = await decodeGreedily(runner, manifest, cross, { ...options, stepsPerRun });
        expect(result.tokens).toEqual(decode.tokens);
      }
    });

    it('keeps the timestamp rules when sampling at a temperature', async () => {
      const decode = golden.decodes[0]!;
      const options = {
        precision: 'f32',
        prompt: decode.initial,
        suppressed: golden.suppressed,
        ...decode,
        temperature: 1,
      } as const;
      const begin = manifest.tokens.timestampBegin;
      const cross = await encode([0]);
      const draws = new Set<string>();
      for (let draw = 0; draw < 4; draw++) {
        const { tokens, sumLogprobs } = await decodeGreedily(runner, manifest, cross, {
          ...options,
          seeds: [draw],
        });
        const sampled = tokens[0]!;
        draws.add(sampled.join());
        expect(sampled[0]).toBeGreaterThanOrEqual(begin);
        expect(sampled[0]).toBeLessThanOrEqual(begin + 50);
        const stamps = sampled.filter((token) => token >= begin);
        expect(stamps).toEqual([...stamps].sort((a, b) => a - b));
        expect(
          sampled.some(
            (token) => golden.suppressed.includes(token) || token === manifest.tokens.noTimestamps,
          ),
        ).toBe(false);
        expect(sumLogprobs[0]).toBeLessThan(0);
      }
      // Its flat distribution gives the same text four times about once in a billion runs.
      expect(draws.size).toBeGreaterThan(1);
    });

    it('gives the attention scores of the alignment heads and the probability of each text token', async () => {
      const { tokens, firstText, textProbs, scores } = golden.align;
      const outputs = await runner.run('align.f32', {
        tokens: ints(tokens, [1, tokens.length]),
        heard: ints([FRAMES / 2], [1]),
        ...(await encode([0])),
      });
      const { data, dims } = outputs.attention!;
      expect(dims).toEqual([1, 3, tokens.length, FRAMES / 2]);
      for (const [head, token, frame, value] of scores) {
        expect(Math.abs(Number(data[(head * tokens.length + token) * 1500 + frame]) - value)).toBeLessThan(
          TOLERANCE,
        );
      }
      const probs = numbers(outputs.token_probs!);
      textProbs.forEach((probability, i) =>
        expect(probs[firstText - 1 + i]! / probability).toBeCloseTo(1, 3),
      );
    });

    it("keeps the 8-bit encoder's keys and values within 6 % of the f32 ones", async () => {
      const feeds = { mel: floats(hashed('mel 0', whisper.mels * FRAMES), [1, whisper.mels, FRAMES]) };
      const [exact, rounded] = await Promise.all([
        runner.run('encoder.f32', feeds),
        runner.run('encoder.int8', feeds),
      ]);
      for (const key of Object.keys(exact)) {
        expect(relativeError(numbers(rounded[key]!), numbers(exact[key]!))).toBeLessThan(0.06);
      }
    });

    it('keeps the 8-bit decoder within 6 % of the f32 logits', async () => {
      const { tokens, sotIndex } = golden.prefill;
      const feeds = {
        tokens: ints(tokens, [1, tokens.length]),
        sot_index: ints([sotIndex], [1]),
        cross_frames: ints([FRAMES / 2], [1]),
        ...(await encode([0])),
      };
      const [exact, rounded] = await Promise.all([
        runner.run('prefill.f32', feeds),
        runner.run('prefill.int8', feeds),
      ]);
      expect(relativeError(numbers(rounded.logits!), numbers(exact.logits!))).toBeLessThan(0.06);
    });
  },
);
