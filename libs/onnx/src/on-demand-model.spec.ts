import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../../test/support/until.js';
import { OnDemandModel, type OnDemandOptions } from './on-demand-model.js';

/** y = x, one float (IR 8, opset 13). */
const IDENTITY = Buffer.from(
  'CAhCAhANOjcKEAoBeBIBeSIISWRlbnRpdHkSAWdaDwoBeBIKCggIARIECgIIAWIPCgF5EgoKCAgBEgQKAggB',
  'base64',
);
const folder = mkdtempSync(join(tmpdir(), 'on-demand-model-'));
const identity = join(folder, 'identity.onnx');
writeFileSync(identity, IDENTITY);
const never = new AbortController().signal;

describe('a model that is loaded on demand, in a thread of its own', () => {
  const opened: OnDemandModel[] = [];
  afterEach(() => Promise.all(opened.splice(0).map((model) => model.stop())));
  afterAll(() => rmSync(folder, { recursive: true }));

  function open(options: Partial<OnDemandOptions> = {}): OnDemandModel {
    const defaults = { threads: 1, runLimitMs: 5_000, loadLimitMs: 10_000, idleMs: 0, maxQueued: 8 };
    const model = new OnDemandModel({ file: identity, ...defaults, ...options });
    opened.push(model);
    return model;
  }

  async function echo(model: OnDemandModel, value: number, signal = never): Promise<number> {
    const feeds = { x: { type: 'float32', dims: [1], data: Float32Array.of(value) } } as const;
    const [y] = await model.run('whole', feeds, signal);
    return Number(y!.data[0]);
  }

  it('is loaded at its first run, and answers runs in their order', async () => {
    const model = open();
    expect(model.isLoaded).toBe(false);
    expect(await Promise.all([1, 2, 3].map((value) => echo(model, value)))).toEqual([1, 2, 3]);
    expect(model.isLoaded).toBe(true);
  });

  it('ends the work that was begun first before it goes on with what came later, unless that is long', async () => {
    const model = open();
    await model.load();
    const order: string[] = [];
    const work = async (name: string, runs: number): Promise<void> => {
      const begun = model.begin(never);
      for (let count = 0; count < runs; count += 1) {
        const feeds = { x: { type: 'float32', dims: [1], data: Float32Array.of(1) } } as const;
        await begun.run('whole', feeds);
      }
      order.push(name);
    };
    await Promise.all([work('first', 3), work('second', 2), work('third', 1)]);
    expect(order).toEqual(['first', 'second', 'third']);
    await Promise.all([work('long', 40), work('short', 2)]);
    expect(order.slice(3)).toEqual(['short', 'long']);
  });

  it('is released when nobody has used it for a while, and loaded again when someone does', async () => {
    const model = open({ idleMs: 50 });
    await echo(model, 1);
    await until(() => !model.isLoaded);
    expect(await echo(model, 2)).toBe(2);
  });

  it('has its thread replaced when it dies; the run that was in it is done by the next one', async () => {
    const lost: string[] = [];
    const model = open({ onLost: (reason) => lost.push(reason) });
    await echo(model, 1);
    const running = echo(model, 2);
    await terminate(model);
    expect(await running).toBe(2);
    expect(await echo(model, 3)).toBe(3);
    expect(lost).toHaveLength(1);
  });

  it('refuses a file that is no model as model.invalid, each time it is asked', async () => {
    const file = join(folder, 'broken.onnx');
    writeFileSync(file, 'not a model');
    const model = open({ file });
    await expect(echo(model, 1)).rejects.toMatchObject({ code: 'model.invalid' });
    await expect(echo(model, 2)).rejects.toMatchObject({ code: 'model.invalid' });
  });

  it('refuses inputs that do not fit, and goes on with the next ones', async () => {
    const model = open();
    const wrong = { x: { type: 'float32', dims: [2], data: Float32Array.of(1, 2) } } as const;
    await expect(model.run('whole', wrong, never)).rejects.toMatchObject({ code: 'upstream.unavailable' });
    expect(await echo(model, 4)).toBe(4);
  });

  it('lets a run go that nobody waits for any more, and refuses more than may wait', async () => {
    const model = open({ maxQueued: 2 });
    const gone = new AbortController();
    const first = echo(model, 1);
    const left = echo(model, 2, gone.signal);
    const third = echo(model, 3);
    await expect(echo(model, 4)).rejects.toMatchObject({ code: 'inference.overloaded' });
    gone.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    expect(await Promise.all([first, third])).toEqual([1, 3]);
  });

  it('gives up a thread that does not answer in time, and starts another one', async () => {
    const lost: string[] = [];
    const model = open({ loadLimitMs: 1, onLost: (reason) => lost.push(reason) });
    await expect(echo(model, 1)).rejects.toMatchObject({ code: 'upstream.unavailable' });
    expect(lost).toEqual(['stuck', 'stuck']);
  });
});

/** Ends the thread as a fault inside of it would. */
async function terminate(model: OnDemandModel): Promise<void> {
  const { thread } = model as unknown as { thread: { worker: { terminate(): Promise<number> } } };
  await thread.worker.terminate();
}
