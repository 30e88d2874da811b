import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelSourceServer } from '../../../../test/support/model-sources.js';

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

describe('parlance models', () => {
  let server: ModelSourceServer;
  const folder = mkdtempSync(join(tmpdir(), 'parlance-cli-models-'));

  function models(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Outcome> {
    const env = {
      PATH: process.env.PATH,
      PARLANCE_MODELS: folder,
      PARLANCE_MODEL_CACHE: join(folder, '.compiled'),
      ...server.environment,
      ...environment,
    };
    return new Promise((resolve) => {
      const program = ['apps/cli/dist/main.js', 'models', ...args];
      execFile(process.execPath, program, { env }, (error, output, errors) =>
        resolve({ status: Number(error?.code ?? 0), output, errors }),
      );
    });
  }

  beforeAll(async () => {
    server = await ModelSourceServer.start();
    server.putRepository('openai/whisper-small', {
      'config.json': Buffer.from('{}'),
      'tokenizer.json': Buffer.from('{}'),
      'model.safetensors': Buffer.alloc(300_000, 7),
    });
  });
  afterAll(() => server.stop());

  it('downloads, lists, verifies and removes a model', async () => {
    expect(await models(['download', '--no-build', 'whisper-small'])).toMatchObject({
      status: 0,
      output: `whisper-small: in ${join(folder, 'whisper-small')}\n`,
    });
    const listed = JSON.parse((await models(['ls', '--json'])).output) as { name: string; state: string }[];
    expect(listed).toContainEqual(expect.objectContaining({ name: 'whisper-small', state: 'not compiled' }));
    expect(listed).toContainEqual(
      expect.objectContaining({ name: 'silero-vad', state: 'not here', bytes: 2_327_524, licence: 'MIT' }),
    );
    expect((await models(['ls'])).output).toMatch(
      /whisper-base\s+whisper\s+not here\s+147\.9 MB\s+MIT\s+multilingual/,
    );
    expect((await models(['verify'])).output).toContain('whisper-small: 3 files right');
    writeFileSync(join(folder, 'whisper-small/config.json'), '[]');
    const verified = await models(['verify']);
    expect(verified).toMatchObject({ status: 1, output: '' });
    expect(verified.errors).toContain('whisper-small: config.json is wrong');
    expect(await models(['rm', 'whisper-small'])).toMatchObject({
      status: 0,
      output: 'whisper-small: removed\n',
    });
    expect(existsSync(join(folder, 'whisper-small'))).toBe(false);
  }, 60_000);

  it('says for each model what each source said', async () => {
    const { status, errors } = await models(['download', '--no-build', 'silero-vad', 'nothing']);
    expect(status).toBe(1);
    expect(errors).toContain('pypi (silero-vad 6.2.3) has not got it (status 404)');
    expect(errors).toContain('pypi (pipecat-ai 1.14.0) has not got it (status 404)');
    expect(errors).toContain('hub (onnx-community/silero-vad) has not got it (status 404)');
    expect(errors).toContain("'nothing' is no model name");
  }, 30_000);

  it('refuses the variable that is no longer read, and unknown sources, by name', async () => {
    const old = await models(['ls'], { PARLANCE_MODEL_SOURCE: 'https://hub.example' });
    expect(old.status).toBe(2);
    expect(old.errors).toContain('PARLANCE_MODEL_SOURCE: is no longer read: name the hub in HF_ENDPOINT');
    const unknown = await models(['ls'], { PARLANCE_MODEL_SOURCES: 'pypi,conda' });
    expect(unknown.status).toBe(2);
    expect(unknown.errors).toContain("'conda' is no model source");
  }, 30_000);
});
