import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SIGN_MODEL } from '@parlance/contracts';
import { ModelCatalog } from './model-catalog.js';
import { putFile } from './model-folder-fixture.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parlance-signs-'));
});
afterEach(() => rm(folder, { recursive: true }));

function catalogue(): ModelCatalog {
  return new ModelCatalog({
    cacheFolder: join(folder, 'cache'),
    modelFolders: [join(folder, 'models')],
    precision: 'int8',
    signsFolder: join(folder, 'signs'),
  });
}

describe('the model of sign letters', () => {
  it('is a generic model, beside those of the model folders', async () => {
    await putFile(folder, 'signs/sign-letters.onnx', '');
    await putFile(folder, 'models/detector/model.onnx', '');
    expect((await catalogue().list()).map(({ name, kind }) => [name, kind])).toEqual([
      ['detector', 'onnx'],
      [SIGN_MODEL, 'onnx'],
    ]);
    const location = join(folder, 'signs/sign-letters.onnx');
    expect(await catalogue().find(SIGN_MODEL)).toMatchObject({ location, precision: 'f32' });
  });

  it('gives way to one of its name in the model folders', async () => {
    await putFile(folder, 'signs/sign-letters.onnx', '');
    await putFile(folder, 'models/sign-letters/own.onnx', '');
    expect(await catalogue().find(SIGN_MODEL)).toMatchObject({
      location: join(folder, 'models/sign-letters/own.onnx'),
    });
  });

  it('is not there where nothing was trained', async () => {
    await expect(catalogue().find(SIGN_MODEL)).rejects.toMatchObject({ code: 'model.not_found' });
  });
});
