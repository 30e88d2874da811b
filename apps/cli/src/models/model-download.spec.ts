import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HubClient } from './hub.client.js';
import { downloadModel } from './model-download.js';
import { originOf } from './model-names.js';

const FILES: Record<string, Buffer> = {
  'config.json': Buffer.from('{"model_type":"whisper"}'),
  'tokenizer.json': Buffer.from('{}'),
  'model.safetensors': Buffer.alloc(300_000, 7),
  'pytorch_model.bin': Buffer.alloc(10, 1),
};

/** A model source of the public hub's layout, with faults on demand. */
class FakeHub {
  readonly ranges: (string | undefined)[] = [];
  breakOffAt: number | undefined;
  announcedHash: string | undefined;
  readonly server: Server = createServer((request, response) => this.answer(request, response));

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/api/models/openai/whisper-tiny.en/tree/main?recursive=true') {
      response.end(JSON.stringify(Object.entries(FILES).map(([path, content]) => this.entry(path, content))));
      return;
    }
    const content = FILES[(request.url ?? '').replace('/openai/whisper-tiny.en/resolve/main/', '')];
    if (!content) {
      response.writeHead(404).end();
      return;
    }
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (request.url?.endsWith('model.safetensors')) this.ranges.push(request.headers.range);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': content.length - from });
    if (this.breakOffAt !== undefined && content.length > this.breakOffAt) {
      const end = this.breakOffAt;
      this.breakOffAt = undefined;
      response.write(content.subarray(from, end), () => setTimeout(() => response.destroy(), 50));
      return;
    }
    response.end(content.subarray(from));
  }

  private entry(path: string, content: Buffer): object {
    const sha256 = this.announcedHash ?? createHash('sha256').update(content).digest('hex');
    const blob = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
    const lfs = path.endsWith('.safetensors') ? { lfs: { oid: sha256, size: content.length } } : {};
    return { type: 'file', path, size: content.length, oid: blob, ...lfs };
  }
}

describe('downloadModel', () => {
  let folder: string;
  let hub: FakeHub;
  const download = () =>
    downloadModel(new HubClient(hub.url), originOf('whisper-tiny.en'), { folder, retryDelayMs: 1 });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'parlance-download-'));
    hub = new FakeHub();
    await new Promise<void>((resolve) => hub.server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    hub.server.closeAllConnections();
    await new Promise((resolve) => hub.server.close(resolve));
  });

  it('fetches the configuration and one set of weights, and leaves out other formats', async () => {
    const target = await download();
    expect(readdirSync(target).sort()).toEqual(['config.json', 'model.safetensors', 'tokenizer.json']);
    expect(readFileSync(join(target, 'model.safetensors')).equals(FILES['model.safetensors']!)).toBe(true);
  });

  it('goes on where the connection broke off', async () => {
    hub.breakOffAt = 100_000;
    const target = await download();
    expect(hub.ranges).toEqual([undefined, 'bytes=100000-']);
    expect(readFileSync(join(target, 'model.safetensors')).equals(FILES['model.safetensors']!)).toBe(true);
  });

  it('goes on from what an earlier command left', async () => {
    mkdirSync(join(folder, '.partial/whisper-tiny.en'), { recursive: true });
    writeFileSync(
      join(folder, '.partial/whisper-tiny.en/model.safetensors'),
      FILES['model.safetensors']!.subarray(0, 250_000),
    );
    await download();
    expect(hub.ranges).toEqual(['bytes=250000-']);
  });

  it('refuses a file that does not have its announced hash, and shows no half model', async () => {
    hub.announcedHash = '00'.repeat(32);
    await expect(download()).rejects.toMatchObject({ code: 'model.invalid' });
    expect(existsSync(join(folder, 'whisper-tiny.en'))).toBe(false);
    expect(existsSync(join(folder, '.partial/whisper-tiny.en/model.safetensors'))).toBe(false);
  });

  it('says that a model is not there', async () => {
    const missing = downloadModel(new HubClient(hub.url), originOf('whisper-none'), {
      folder,
      retryDelayMs: 1,
    });
    await expect(missing).rejects.toMatchObject({ code: 'model.not_found' });
  });
});

describe('originOf', () => {
  it('refuses names that could leave the models folder', () => {
    for (const name of ['../etc', 'a/..', 'whisper-x/../..', ''])
      expect(() => originOf(name)).toThrow('is no model name');
  });

  it('takes the shards where there is no single file', () => {
    const file = (path: string) => ({ path, bytes: 1, digest: { kind: 'sha256', hex: '' } as const });
    const chosen = originOf('someone/whisper-mine').choose(
      [
        'model-00001-of-00002.safetensors',
        'model-00002-of-00002.safetensors',
        'model.safetensors.index.json',
        'README.md',
        'model.fp32-00001-of-00002.safetensors',
      ].map(file),
    );
    expect(chosen.map(({ as }) => as)).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
    ]);
  });
});
