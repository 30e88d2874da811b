import { beforeEach, describe, expect, it } from '@jest/globals';
import type { JobPriority } from '@parlance/onnx';
import { HEARTBEAT_BYTES, Job, RunGate, Runs, type Feeds, type Tensor } from '@parlance/onnx/model';
import { ALIGNMENT } from './caches.js';
import { DecodeBatcher } from './decode-batcher.js';
import type { DecodeRow, DecodeRules } from './decode-row.js';
import { crossAttentionOf } from './encoder.js';
import { bigintsOf, floats, floatsOf, integers } from './tensors.js';
import type { WhisperGraphs } from './whisper-graphs.js';

const DIMS = {
  mels: 80,
  encoderContext: 4,
  vocabulary: 5,
  decoderContext: 448,
  decoderLayers: 1,
  decoderHeads: 1,
  decoderWidth: 1,
};
const EOT = 99;
const RULES: DecodeRules = { feeds: {} };

interface Run {
  readonly jobs: readonly Job[];
  readonly feeds: Feeds;
}

/** A decoder that writes 1, 2, 3, … for every row, and says what it was given. */
class CountingGraphs {
  readonly runs: Run[] = [];
  readonly manifest = { dims: DIMS, tokens: { eot: EOT, timestampBegin: 50 } };

  async runTogether(jobs: readonly Job[], _: string, feeds: Feeds): Promise<Feeds> {
    this.runs.push({ jobs, feeds });
    const rows = jobs.length;
    const steps = Number(bigintsOf(feeds.max_steps)[0]);
    const before = Number(bigintsOf(feeds.step)[0]);
    const positions = (feeds.self_k_0?.dims[2] ?? 0) + steps - (before === 0 ? 1 : 0);
    const column = (value: number): Feeds[string] => integers(new Array<number>(rows).fill(value), [rows, 1]);
    const cache = floats(new Float32Array(rows * positions), [rows, 1, positions, 1]);
    return Promise.resolve({
      tokens: integers(
        jobs.flatMap(() => Array.from({ length: steps }, (__, i) => before + i + 1)),
        [rows, steps],
      ),
      token_logprobs: floats(new Float32Array(rows * steps), [rows, steps]),
      next_last_token: column(1),
      next_previous_token: column(1),
      next_last_timestamp: column(49),
      next_step: column(before + steps),
      next_self_k_0: cache,
      next_self_v_0: cache,
    });
  }
}

describe('batching decode runs', () => {
  let graphs: CountingGraphs;
  let batcher: DecodeBatcher;
  let runs: Runs;

  beforeEach(() => {
    graphs = new CountingGraphs();
    batcher = new DecodeBatcher(graphs as unknown as WhisperGraphs, 'float32');
    runs = new Runs(new RunGate(), new Int32Array(new SharedArrayBuffer(HEARTBEAT_BYTES)));
  });

  function open(priority: JobPriority, prompt = 3, rules = RULES): DecodeRow & { cancel(): void } {
    const cancelled = new Int32Array(new SharedArrayBuffer(4));
    const cache = floats(new Float32Array(prompt), [1, 1, prompt, 1]);
    const row = batcher.open({
      job: new Job({ priority, tenant: '' }, cancelled, runs),
      cross: crossAttentionOf({ cross_k_0: crossTensor(), cross_v_0: crossTensor() }, 4),
      rules,
      temperature: 0,
      seed: 0,
      prefilled: { logits: floats(new Float32Array(5), [1, 5]), self_k_0: cache, self_v_0: cache },
    });
    return Object.assign(row, { cancel: () => void (cancelled[0] = 1) });
  }

  const crossTensor = (): Tensor => floats(new Float32Array(4), [1, 1, 4, 1]);
  const sizes = (): number[] => graphs.runs.map(({ jobs }) => jobs.length);
  const cacheOf = ({ cache }: DecodeRow): Float32Array => floatsOf(cache.tensors.self_k_0);
  const step = async (row: DecodeRow): Promise<readonly number[]> => (await batcher.step(row, 100)).tokens;

  it('takes along who waits, and keeps every run at the alignment', async () => {
    const rows = [open('final', 3), open('partial', 7), open('final', 20)];
    expect((await Promise.all(rows.map(step))).map((tokens) => tokens.length)).toEqual([17, 17, 17]);
    await Promise.all(rows.map(step));
    expect(sizes()).toEqual([3, 3]);
    for (const { feeds } of graphs.runs) expect((feeds.self_k_0?.dims[2] ?? 1) % ALIGNMENT).toBe(0);
    expect(rows.map((row) => row.room(448))).toEqual([3, 7, 20].map((prompt) => 449 - prompt - 33));
  });

  it('lets a fresh row choose its first token and then join', async () => {
    const old = open('final');
    await step(old);
    const fresh = open('final');
    expect(await step(fresh)).toEqual([1]);
    const [written] = await Promise.all([step(fresh), step(old)]);
    expect(written).toEqual(Array.from({ length: 16 }, (_, i) => i + 2));
    expect(sizes()).toEqual([1, 1, 2]);
  });

  it('keeps recordings out of the runs of live rows, and rows of other rules out of each other’s', async () => {
    const rows = [open('final'), open('bulk'), open('final', 3, { feeds: {} }), open('bulk')];
    await Promise.all(rows.map(step));
    expect(sizes()).toEqual([1, 1, 2]);
  });

  it('serves everyone where more wait than fit', async () => {
    const rows = [
      open('partial'),
      ...Array.from({ length: 19 }, (_, i) => open(i % 2 ? 'final' : 'partial')),
    ];
    await Promise.all(rows.map(step));
    expect(sizes().reduce((a, b) => a + b, 0)).toBe(20);
    expect(Math.max(...sizes())).toBe(8);
  });

  it('runs a row alone that comes to the end of the context', async () => {
    const [near, far] = [open('final', 440), open('final', 3)];
    const [tokens] = await Promise.all([step(near), step(far)]);
    expect(tokens).toHaveLength(1);
    expect((await Promise.all([step(near), step(far)])).map(({ length }) => length)).toEqual([8, 16]);
  });

  it('frees caches once no row is in them, but for the prefill’s', async () => {
    const [first, second] = [open('final'), open('final')];
    const prefilled = cacheOf(first);
    await Promise.all([step(first), step(second)]);
    expect(prefilled.byteLength).toBeGreaterThan(0);
    const shared = cacheOf(first);
    await step(first);
    expect(shared.byteLength).toBeGreaterThan(0);
    batcher.close(second);
    expect(shared.byteLength).toBe(0);
    const own = cacheOf(first);
    await step(first);
    expect(own.byteLength).toBe(0);
    expect(cacheOf(first).byteLength).toBeGreaterThan(0);
  });

  it('lets go of who was given up, at the next run, and says so', async () => {
    const [stays, leaves] = [open('final'), open('final')];
    leaves.cancel();
    const left = step(leaves);
    const stayed = step(stays);
    await expect(left).rejects.toMatchObject({ code: 'request.cancelled' });
    await stayed;
    expect(sizes()).toEqual([1]);
  });
});
