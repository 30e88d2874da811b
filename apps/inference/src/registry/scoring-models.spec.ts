import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ModelCatalog } from './model-catalog.js';
import { putCheckpoint, putFile } from './model-folder-fixture.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parlance-scores-'));
});
afterEach(() => rm(folder, { recursive: true }));

const put = (path: string, text = ''): Promise<void> => putFile(folder, path, text);

function catalogue(): ModelCatalog {
  return new ModelCatalog({
    cacheFolder: join(folder, 'cache'),
    modelFolders: [join(folder, 'models')],
    precision: 'int8',
    scoresFolder: join(folder, 'scores'),
  });
}

describe('the models of scores', () => {
  it('are found with the encoder and the voice activity that they stand on', async () => {
    await put('scores/scores.json', '{}');
    await put('cache/whisper-base/manifest.json', '{"precisions":["f32","int8"]}');
    await put('models/silero-vad/silero_vad.onnx');
    expect(await catalogue().find('scores')).toEqual({
      ...{ name: 'scores', kind: 'scores', location: join(folder, 'scores'), precision: 'f32' },
      parts: {
        whisper: join(folder, 'cache/whisper-base'),
        voiceActivity: join(folder, 'models/silero-vad/silero_vad.onnx'),
      },
    });
  });

  it('are missing where a part of them is, which is named', async () => {
    const missing = (text: string) =>
      expect(catalogue().find('scores')).rejects.toMatchObject({
        code: 'model.not_found',
        message: expect.stringContaining(text),
      });
    await missing('PARLANCE_SCORES');
    await put('scores/scores.json', '{}');
    await missing('parlance models build whisper-base');
    await put('cache/whisper-base/manifest.json', '{"precisions":["int8"]}');
    await missing('parlance models build whisper-base');
    await put('cache/whisper-base/manifest.json', '{"precisions":["f32"]}');
    await missing('silero-vad');
  });

  it('have their encoder built anew where it was compiled for another version', async () => {
    await put('scores/scores.json', '{}');
    await put('cache/whisper-base/manifest.json', '{"precisions":["f32"],"graphVersion":"1"}');
    await put('models/silero-vad/silero_vad.onnx');
    await putCheckpoint(folder, 'models/whisper-base');
    const source = await catalogue().find('scores');
    expect(await catalogue().outdated(source)).toMatchObject({
      model: { name: 'whisper-base' },
      checkpoint: join(folder, 'models/whisper-base'),
    });
  });
});
