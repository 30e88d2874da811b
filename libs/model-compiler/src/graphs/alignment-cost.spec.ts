import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { floats, GraphRunner, ints, numbers } from '../../../../test/support/graph-runner.js';
import { GraphBuilder } from '../onnx/graph-builder.js';
import { alignmentCost } from './alignment-cost.js';

const [HEADS, TOKENS, FRAMES] = [2, 5, 40];

/** openai/whisper, timing.py, find_alignment, word for word: softmax, std_mean over tokens, median by sorting, mean over heads. */
function expectedCost(scores: readonly number[], positions: number): number[] {
  const cost = new Array<number>(TOKENS * positions).fill(0);
  for (let head = 0; head < HEADS; head++) {
    const rows = Array.from({ length: TOKENS }, (_, token) => {
      const from = (head * TOKENS + token) * FRAMES;
      const powers = scores.slice(from, from + positions).map(Math.exp);
      const sum = powers.reduce((a, b) => a + b, 0);
      return powers.map((power) => power / sum);
    });
    const normalised = rows.map((row) =>
      row.map((weight, at) => {
        const column = rows.map((other) => other[at]!);
        const mean = column.reduce((a, b) => a + b, 0) / TOKENS;
        const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / TOKENS);
        return (weight - mean) / deviation;
      }),
    );
    normalised.forEach((row, token) =>
      row.forEach((_, at) => {
        const window = Array.from({ length: 7 }, (__, i) => {
          const position = Math.abs(at + i - 3);
          return row[position < positions ? position : 2 * (positions - 1) - position]!;
        });
        cost[token * positions + at]! -= window.sort((a, b) => a - b)[3]! / HEADS;
      }),
    );
  }
  return cost;
}

describe('the cost of hearing a token at a position', () => {
  let folder: string;
  let runner: GraphRunner;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alignment-cost-'));
    const g = GraphBuilder.create('cost', new Map());
    g.input('scores', 'float32', ['b', 'heads', 'n', 'frames']);
    alignmentCost(g, 'scores', HEADS, g.input('heard', 'int64', [1]), 'cost');
    g.output('cost', 'float32', ['b', 'n', 'heard']);
    await writeFile(join(folder, 'cost.onnx'), g.encode());
    runner = new GraphRunner(folder);
  });
  afterAll(async () => {
    await runner.close();
    await rm(folder, { recursive: true });
  });

  it.each([FRAMES, 31, 4])('is as openai-whisper has it over %i positions', async (positions) => {
    const scores = Array.from({ length: HEADS * TOKENS * FRAMES }, (_, i) =>
      Math.fround(3 * Math.sin(i * i)),
    );
    const { cost } = await runner.run('cost', {
      scores: floats(Float32Array.from(scores), [1, HEADS, TOKENS, FRAMES]),
      heard: ints([positions], [1]),
    });
    expect(cost!.dims).toEqual([1, TOKENS, positions]);
    const expected = expectedCost(scores, positions);
    numbers(cost!).forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4));
  });
});
