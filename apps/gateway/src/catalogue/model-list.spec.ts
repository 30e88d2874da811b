import { describe, expect, it, jest } from '@jest/globals';
import { AppError } from '@parlance/errors';
import { silentLogger } from '../../../../test/support/silent-logger.js';
import { gatewaySchema } from '../gateway.config.js';
import type { VoicesService } from '../synthesis/voices.service.js';
import type { LoadedModelsClient } from './loaded-models.client.js';
import { ModelList } from './model-list.service.js';

const CONFIG = gatewaySchema.parse({
  PARLANCE_DEFAULT_MODEL: 'whisper-base',
  PARLANCE_RECOGNITION_MODELS: 'whisper-small',
  PARLANCE_OPENAI_MODELS: 'whisper-1:,gpt-4o-transcribe:whisper-small',
});
const VOICES = { voices: [{ name: 'joe', installedAt: 300 }], defaultVoice: 'joe' };

function listOver(installed: () => Promise<ReadonlyMap<string, number>>, voices: () => Promise<unknown>) {
  const asked = jest.fn(installed);
  const list = new ModelList(
    { installed: asked } as unknown as LoadedModelsClient,
    { list: voices } as unknown as VoicesService,
    CONFIG,
    silentLogger,
  );
  const createdAt = async (now?: number): Promise<Record<string, number>> =>
    Object.fromEntries((await list.load(now)).map(({ id, created }) => [id, created]));
  return { asked, createdAt, list };
}

describe('the list of models', () => {
  it('has every name with the model that it stands for and when that was installed', async () => {
    const times = new Map([
      ['whisper-base', 100],
      ['whisper-small', 200],
    ]);
    const { createdAt, list } = listOver(
      () => Promise.resolve(times),
      () => Promise.resolve(VOICES),
    );
    expect(await createdAt()).toEqual({
      'whisper-1': 100,
      'gpt-4o-transcribe': 200,
      'whisper-base': 100,
      'whisper-small': 200,
      'tts-1': 300,
      'tts-1-hd': 300,
      'gpt-4o-mini-tts': 300,
    });
    expect((await list.load()).map(({ root }) => root)).toEqual([
      ...['whisper-base', 'whisper-small', 'whisper-base', 'whisper-small'],
      ...[undefined, undefined, undefined],
    ]);
  });

  it('has the time of the installation where a service cannot be asked, and asks again later', async () => {
    const away = () => Promise.reject(new AppError('upstream.unavailable', 'away'));
    const { asked, createdAt } = listOver(away, away);
    const times = Object.values(await createdAt(0));
    expect(new Set(times).size).toBe(1);
    expect(times[0]).toBeGreaterThan(1_000_000_000);
    await createdAt(9_999);
    expect(asked).toHaveBeenCalledTimes(1);
    await createdAt(10_000);
    expect(asked).toHaveBeenCalledTimes(2);
  });
});
