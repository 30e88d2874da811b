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
import { hashed } from '../testing/random-whisper.js';
import { readManifest } from '../compiled-folder.js';
import type { Manifest } from '../manifest.schema.js';

type Feeds = Record<string, GraphTensor>;

const HEADS = 2;
const HEAD_WIDTH = 32;
const MELS = 80;

// Alone a test takes well under a second; on a crowded machine a run of single steps may take many.
jest.setTimeout(60_000);

describe('rows of one decode run', () => {
  let folder: string;
  let manifest: Manifest;
  let runner: GraphRunner;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'decode-rows-'));
    await promisify(execFile)(process.execPath, [
      'libs/model-compiler/dist/testing/compile-random-whisper.js',
      'en',
      folder,
    ]);
    manifest = (await readManifest(join(folder, 'compiled')))!;
    runner = new GraphRunner(join(folder, 'compiled'));
  }, 60_000);
  afterAll(async () => {
    await runner.close();
    await rm(folder, { recursive: true });
  });

  async function encode(name: string, frames: number): Promise<Feeds> {
    const mel = floats(hashed(name, MELS * 2 * frames), [1, MELS, 2 * frames]);
    return runner.run('encoder.f32', { mel });
  }

  /** A row after its first token, which costs no decoder step. */
  async function begin(cross: Feeds, prompt: readonly number[], precision: string, seed = 0): Promise<Row> {
    const frames = cross.cross_k_0!.dims[2]!;
    const {
      logits,
      sot_logits: _sot,
      ...cache
    } = await runner.run(`prefill.${precision}`, {
      tokens: ints(prompt, [1, prompt.length]),
      sot_index: ints([0], [1]),
      cross_frames: ints([frames], [1]),
      ...cross,
    });
    const state = { ...cache, ...freshRules(manifest, 1) };
    const row = { cross, state, logits: logits!, frames, seed, start: 0, tokens: [] };
    return proceed(row, 1, precision, 0);
  }

  async function proceed(row: Row, steps: number, precision: string, temperature: number): Promise<Row> {
    const output = await runner.run(`decode.${precision}`, {
      ...row.cross,
      ...row.state,
      ...rules(manifest),
      logits: row.logits,
      cross_frames: ints([row.frames], [1]),
      self_start: ints([row.start], [1]),
      temperature: floats(Float32Array.of(temperature), [1, 1]),
      seed: ints([row.seed], [1, 1]),
      max_steps: ints([steps], []),
    });
    return { ...row, state: nextState(output), tokens: [...row.tokens, ...numbers(output.tokens!)] };
  }

  it.each([
    ['f32', 0],
    ['int8', 0],
    ['f32', 0.7],
    ['int8', 0.7],
  ] as const)(
    'choose the same tokens together, padded to one length, as alone (%s, temperature %f)',
    async (precision, temperature) => {
      const rows = [
        await begin(await encode('mel 0', 300), [50257], precision, 5),
        await begin(await encode('mel 1', 200), [50257, 11, 12, 13, 14, 15], precision, 6),
        await begin(await encode('mel 2', 250), [50257, 21, 22], precision, 7),
      ];
      const together = await runner.run(`decode.${precision}`, {
        ...merge(rows),
        ...rules(manifest),
        temperature: floats(new Float32Array(3).fill(temperature), [3, 1]),
        seed: ints(
          rows.map((row) => row.seed),
          [3, 1],
        ),
        max_steps: ints([20], []),
      });
      const width = together.tokens!.dims[1]!;
      const alone = await Promise.all(rows.map((row) => proceed(row, width, precision, temperature)));
      const { eot } = manifest.tokens;
      const untilEnd = (tokens: readonly number[]): readonly number[] =>
        tokens.includes(eot) ? tokens.slice(0, tokens.indexOf(eot)) : tokens;
      rows.forEach((row, i) => {
        const own = numbers(together.tokens!).slice(i * width, (i + 1) * width);
        expect(untilEnd([...row.tokens, ...own])).toEqual(untilEnd(alone[i]!.tokens));
      });
    },
  );

  it('hear one audio without its being repeated', async () => {
    const cross = await encode('mel 3', 250);
    const rows = [await begin(cross, [50257, 31], 'f32'), await begin(cross, [50257, 32, 33], 'f32')];
    const { tokens } = await runner.run('decode.f32', {
      ...merge(rows),
      ...cross,
      ...rules(manifest),
      cross_frames: ints([250], [1]),
      temperature: floats(new Float32Array(2), [2, 1]),
      seed: ints([0, 0], [2, 1]),
      max_steps: ints([12], []),
    });
    const alone = await Promise.all(rows.map((row) => proceed(row, 12, 'f32', 0)));
    expect(numbers(tokens!)).toEqual(alone.flatMap((row) => row.tokens.slice(1)));
  });

  it('draw what the hash of seed, step and token says', async () => {
    const { vocabulary } = manifest.dims;
    const logits = hashed('logits', vocabulary).map((value) => 8 * value);
    const cross = await encode('mel 4', 10);
    const first = await begin(cross, [50257], 'f32');
    for (const [seed, temperature] of [
      [0, 0.4],
      [1, 1],
      [123_456_789, 0.8],
    ] as const) {
      const { tokens } = await runner.run('decode.f32', {
        ...first.state,
        ...cross,
        ...freshRules(manifest, 1),
        ...rules(manifest),
        suppress: floats(new Float32Array(vocabulary), [vocabulary]),
        blank_suppress: floats(new Float32Array(vocabulary), [vocabulary]),
        with_timestamps: flags([false], []),
        logits: floats(logits, [1, vocabulary]),
        cross_frames: ints([10], [1]),
        self_start: ints([0], [1]),
        temperature: floats(Float32Array.of(temperature), [1, 1]),
        seed: ints([seed], [1, 1]),
        max_steps: ints([1], []),
      });
      expect(numbers(tokens!)).toEqual([drawn(logits, temperature, seed, 0)]);
    }
  });
});

interface Row {
  readonly cross: Feeds;
  readonly state: Feeds;
  readonly logits: GraphTensor;
  readonly frames: number;
  readonly seed: number;
  readonly start: number;
  readonly tokens: readonly number[];
}

function freshRules(manifest: Manifest, rows: number): Feeds {
  const column = (value: number): GraphTensor => ints(new Array<number>(rows).fill(value), [rows, 1]);
  return {
    last_token: column(0),
    previous_token: column(0),
    last_timestamp: column(manifest.tokens.timestampBegin - 1),
    step: column(0),
    done: flags(new Array<boolean>(rows).fill(false), [rows, 1]),
  };
}

function rules(manifest: Manifest): Feeds {
  const { vocabulary } = manifest.dims;
  const mask = (ids: readonly number[]): GraphTensor => {
    const values = new Float32Array(vocabulary);
    for (const id of ids) values[id] = -Infinity;
    return floats(values, [vocabulary]);
  };
  return {
    suppress: mask(manifest.suppressTokens),
    blank_suppress: mask(manifest.blankTokens),
    with_timestamps: flags([true], []),
    max_initial_timestamp: ints([50], []),
  };
}

function nextState(output: Feeds): Feeds {
  return Object.fromEntries(
    Object.entries(output)
      .filter(([name]) => name.startsWith('next_'))
      .map(([name, tensor]) => [name.slice('next_'.length), tensor]),
  );
}

/** Rows of different lengths in one batch: caches padded on the left, audio on the right, both with rubbish. */
function merge(rows: readonly Row[]): Feeds {
  const lengths = rows.map((row) => row.state.self_k_0!.dims[2]!);
  const longest = Math.max(...lengths);
  const frames = Math.max(...rows.map((row) => row.frames));
  const merged: Record<string, GraphTensor> = {
    self_start: ints(
      lengths.map((length) => longest - length),
      [rows.length],
    ),
    cross_frames: ints(
      rows.map((row) => row.frames),
      [rows.length],
    ),
    logits: stack(rows.map((row) => row.logits)),
  };
  for (const [name, tensor] of Object.entries(rows[0]!.state)) {
    merged[name] = name.startsWith('self_')
      ? pad(
          rows.map((row) => row.state[name]!),
          longest,
          'left',
        )
      : stack(
          rows.map((row) => row.state[name]!),
          tensor,
        );
  }
  for (const name of Object.keys(rows[0]!.cross))
    merged[name] = pad(
      rows.map((row) => row.cross[name]!),
      frames,
      'right',
    );
  return merged;
}

function stack(tensors: readonly GraphTensor[], like = tensors[0]!): GraphTensor {
  const dims = [tensors.length, ...like.dims.slice(1)];
  const values = tensors.flatMap((tensor) => numbers(tensor));
  if (like.type === 'int64') return ints(values, dims);
  return like.type === 'bool' ? flags(values.map(Boolean), dims) : floats(Float32Array.from(values), dims);
}

function pad(tensors: readonly GraphTensor[], length: number, side: 'left' | 'right'): GraphTensor {
  const size = HEADS * length * HEAD_WIDTH;
  const data = new Float32Array(tensors.length * size).fill(7);
  tensors.forEach((tensor, row) => {
    const own = tensor.dims[2]!;
    const before = side === 'left' ? length - own : 0;
    for (let head = 0; head < HEADS; head++) {
      const values = (tensor.data as Float32Array).subarray(
        head * own * HEAD_WIDTH,
        (head + 1) * own * HEAD_WIDTH,
      );
      data.set(values, row * size + (head * length + before) * HEAD_WIDTH);
    }
  });
  return floats(data, [tensors.length, HEADS, length, HEAD_WIDTH]);
}

/** The draw as GRAPHS.md defines it, written a second time. */
function drawn(logits: Float32Array, temperature: number, seed: number, step: number): number {
  const mix = (value: number): number => {
    let x = value >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  };
  const key = mix(step + mix(seed));
  const scores = Array.from(logits, (logit, token) => {
    const uniform = ((mix(token + key) >>> 9) + 0.5) / 2 ** 23;
    return logit - temperature * Math.log(-Math.log(uniform));
  });
  return scores.indexOf(Math.max(...scores));
}
