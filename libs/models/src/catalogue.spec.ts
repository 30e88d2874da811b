import { describe, expect, it } from '@jest/globals';
import { catalogue, ESSENTIAL_MODELS, findModel } from './catalogue.js';
import { SourceFault } from './source-fault.js';
import { chooseCheckpoint } from './sources/hub.client.js';

describe('the catalogue', () => {
  it('has every essential model, and each file has at least two sources but for those that nobody else publishes', () => {
    const names = catalogue().map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...ESSENTIAL_MODELS]));
    const few = catalogue().flatMap(({ name, files, sources }) =>
      files
        .filter(({ path }) => sources.filter((source) => path in source.files).length < 2)
        .map(({ path }) => `${name}/${path}`),
    );
    expect(few).toEqual(['dnsmos/sig_bak_ovr.onnx', 'all-MiniLM-L6-v2/model.onnx']);
    for (const name of ['dnsmos', 'all-MiniLM-L6-v2']) expect(ESSENTIAL_MODELS).not.toContain(name);
  });

  it('gives nothing away of files that the model does not have', () => {
    for (const { files, sources } of catalogue()) {
      const paths = files.map(({ path }) => path);
      for (const source of sources) expect(paths).toEqual(expect.arrayContaining(Object.keys(source.files)));
    }
  });
});

describe('findModel', () => {
  it("finds entries, OpenAI's sizes and repositories of the hub", () => {
    expect(findModel('whisper-base').entry?.licence).toBe('MIT');
    expect(findModel('openai/whisper-base').entry?.name).toBe('whisper-base');
    expect(findModel('whisper-large-v3')).toEqual({
      name: 'whisper-large-v3',
      entry: undefined,
      repositories: ['openai/whisper-large-v3'],
    });
    expect(findModel('Systran/faster-whisper-small')).toMatchObject({
      name: 'faster-whisper-small',
      repositories: ['Systran/faster-whisper-small'],
    });
  });

  it("does not let another owner's repository take the name of an entry", () => {
    expect(findModel('someone/whisper-base').name).toBe('someone-whisper-base');
  });

  it('refuses names that could leave the models folder, and says which there are', () => {
    for (const name of ['../etc', 'a/..', 'whisper-x/../..', 'whisper-..', '', '.', 'a/b/c', 'whisper-\n'])
      expect(() => findModel(name)).toThrow('is no model name');
    expect(() => findModel('nothing')).toThrow('whisper-base, whisper-tiny.en, silero-vad');
  });
});

describe('chooseCheckpoint', () => {
  const choose = (...paths: string[]) =>
    chooseCheckpoint(
      ['config.json', 'tokenizer.json', 'README.md', ...paths].map((path) => ({
        path,
        bytes: 1,
        digest: { kind: 'sha256', hex: '' },
      })),
    ).map(({ path }) => path);

  it('takes the single file, else the shards of the index, else the file of CTranslate2', () => {
    expect(choose('model.safetensors', 'model.bin', 'pytorch_model.bin')).toEqual([
      'config.json',
      'tokenizer.json',
      'model.safetensors',
    ]);
    const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
    const index = 'model.safetensors.index.json';
    expect(choose(...shards, index, 'model.fp32-00001-of-00002.safetensors').slice(2)).toEqual([
      ...shards,
      index,
    ]);
    expect(choose('model.bin', 'vocabulary.txt').slice(2)).toEqual(['model.bin', 'vocabulary.txt']);
  });

  it('refuses a repository without weights that the platform reads', () => {
    expect(() => choose('pytorch_model.bin')).toThrow(SourceFault);
  });
});
