/** How the gateway serves the page: what a browser gets at which address, and what stays the API's. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { API_KEY, Platform, type Gateway } from '../support/platform.js';

const BUDGET_BYTES = 200_000;
const NAVIGATION = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

jest.setTimeout(120_000);

let platform: Platform;
let gateway: Gateway;
beforeAll(async () => {
  // Ready without inference: nothing is recognised here.
  platform = await Platform.start({ services: [], gateway: { PARLANCE_WAIT_FOR_PODS_MS: '1' } });
  ({ gateway } = platform);
}, 240_000);
afterAll(() => platform?.stop());

/** An answer as it is sent, not decompressed. */
async function get(path: string, headers: Readonly<Record<string, string>> = {}, of = gateway) {
  const answer = await request(`${of.url}${path}`, { headers });
  return {
    status: answer.statusCode,
    headers: answer.headers as Readonly<Record<string, string | undefined>>,
    body: Buffer.from(await answer.body.arrayBuffer()),
  };
}

/** The scripts and styles that a page loads before it shows anything. */
async function firstFiles(): Promise<string[]> {
  const { body } = await get('/');
  return [...body.toString().matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path!);
}

describe('the page at /', () => {
  it('is sent with a policy that lets in files of this host alone, and asked for anew each time', async () => {
    const { status, headers, body } = await get('/');
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    const policy = headers['content-security-policy']!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
    expect(headers['permissions-policy']).toContain('microphone=(self)');
    // No script or style stands in it.
    expect(body.toString()).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
    expect((await get('/', { 'if-none-match': headers.etag! })).status).toBe(304);
  });

  it('names its files by their contents, which browsers keep for good', async () => {
    const paths = await firstFiles();
    expect(paths.length).toBeGreaterThan(1);
    for (const path of paths) {
      const { status, headers } = await get(path);
      expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
    expect((await get('/assets/none.js', NAVIGATION)).status).toBe(404);
  });

  it('is compressed as the browser wants it', async () => {
    const [path = ''] = await firstFiles();
    const [plain, brotli, gzip] = await Promise.all([
      get(path),
      get(path, { 'accept-encoding': 'gzip, br' }),
      get(path, { 'accept-encoding': 'gzip' }),
    ]);
    expect([brotli.headers['content-encoding'], gzip.headers['content-encoding']]).toEqual(['br', 'gzip']);
    expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(plain.headers['vary']).toContain('Accept-Encoding');
  });

  it('loads at most 200 kB of compressed JavaScript before it shows anything', async () => {
    const scripts = (await firstFiles()).filter((path) => path.endsWith('.js'));
    const answers = await Promise.all(scripts.map((path) => get(path, { 'accept-encoding': 'gzip' })));
    const bytes = answers.reduce((sum, { body }) => sum + body.length, 0);
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(BUDGET_BYTES);
  });

  it('is at every address that a browser asks for and no part of the API has', async () => {
    const page = (await get('/')).body;
    expect((await get('/playground', NAVIGATION)).body.equals(page)).toBe(true);
    // A program that asks for it is told that there is nothing.
    expect((await get('/playground')).status).toBe(404);
    for (const path of ['/v1/none', '/api/v1/none', '/v2/none', '/socket.io/none', '/.well-known/none'])
      expect([path, (await get(path, NAVIGATION)).headers['content-type']]).not.toEqual([
        path,
        'text/html; charset=utf-8',
      ]);
    const { status, body } = await get('/api/v1/none', NAVIGATION);
    expect([status, JSON.parse(body.toString())]).toMatchObject([
      404,
      { error: { code: 'request.not_found' } },
    ]);
    expect((await get('/../../package.json', NAVIGATION)).body.toString()).not.toContain('"name"');
    const models = await get('/v1/models', { ...NAVIGATION, authorization: `Bearer ${API_KEY}` });
    expect(models.headers['content-type']).toContain('json');
    expect(models.headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
  });

  it('is told of the installation', async () => {
    expect(JSON.parse((await get('/studio.json')).body.toString())).toEqual({
      accounts: false,
      organisation: null,
      mail: false,
    });
  });

  it('is not there where it is switched off', async () => {
    const other = await platform.startGateway({ PARLANCE_STUDIO: 'false' });
    for (const path of ['/', '/studio.json', '/playground'])
      expect([path, (await get(path, NAVIGATION, other)).status]).toEqual([path, 404]);
  });
});
