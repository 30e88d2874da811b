import { describe, expect, it } from '@jest/globals';
import type { Request } from 'express';
import { Readable } from 'node:stream';
import { gzipSync, deflateSync } from 'node:zlib';
import { MAX_BODY_BYTES, requestBytes } from './request-bytes.js';

const memory = { grow: () => undefined, shrink: () => undefined, release: () => undefined };
const read = (body: Buffer, headers: Readonly<Record<string, string>> = {}) =>
  requestBytes(Object.assign(Readable.from([body]), { headers }) as unknown as Request, memory);

describe('the body of a request to a model', () => {
  it.each([
    ['identity', (bytes: Buffer) => bytes],
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ] as const)('is read as %s', async (encoding, encode) => {
    const body = encode(Buffer.from('a body'));
    expect(String(await read(body, { 'content-encoding': encoding }))).toBe('a body');
  });

  it('is refused where it is, or becomes, too large', async () => {
    const tooLarge = { code: 'request.too_large' };
    await expect(read(Buffer.of(), { 'content-length': '999999999' })).rejects.toMatchObject(tooLarge);
    await expect(read(Buffer.alloc(MAX_BODY_BYTES + 1))).rejects.toMatchObject(tooLarge);
    const bomb = gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1));
    await expect(read(bomb, { 'content-encoding': 'gzip' })).rejects.toMatchObject(tooLarge);
  });

  it('is refused where it is not what its encoding says, or of another one', async () => {
    const invalid = { code: 'request.invalid' };
    await expect(read(Buffer.from('x'), { 'content-encoding': 'gzip' })).rejects.toMatchObject(invalid);
    await expect(read(Buffer.from('x'), { 'content-encoding': 'constructor' })).rejects.toMatchObject(
      invalid,
    );
  });
});
