import { describe, expect, it } from '@jest/globals';
import { AppError } from '@parlance/errors';
import type { InferenceRuntime } from '@parlance/onnx';
import type { Logger } from '@parlance/telemetry';
import type { ModelRegistry } from '../registry/model-registry.service.js';
import { EndOfTurnService } from './end-of-turn.service.js';

function service(hold: () => Promise<() => void>) {
  const lines: string[] = [];
  const logger = { warn: (_fields: object, text: string) => lines.push(text) } as unknown as Logger;
  const registry = { hold, load: hold } as unknown as ModelRegistry;
  return { lines, turns: new EndOfTurnService(registry, {} as InferenceRuntime, logger) };
}

describe('EndOfTurnService', () => {
  it('holds the model for as long as a stream needs it', async () => {
    let held = 0;
    const { turns, lines } = service(() => Promise.resolve(() => void held--));
    held++;
    const opened = await turns.open('medium');
    expect(opened?.judge).toBeDefined();
    opened?.release();
    expect(held).toBe(0);
    expect(lines).toEqual([]);
  });

  it('has no judge where the model is not here, and says once how to get it', async () => {
    const missing = new AppError('model.not_found', "There is no model 'smart-turn-v3'.");
    const { turns, lines } = service(() => Promise.reject(missing));
    await turns.prepare();
    expect(await turns.open('high')).toBeUndefined();
    expect(lines).toEqual([expect.stringContaining('parlance models download smart-turn-v3')]);
  });

  it('has no judge where the model cannot be loaded', async () => {
    const broken = new AppError('model.invalid', 'The model file cannot be loaded.');
    const { turns, lines } = service(() => Promise.reject(broken));
    expect(await turns.open('low')).toBeUndefined();
    expect(lines).toEqual([expect.not.stringContaining('download')]);
  });
});
