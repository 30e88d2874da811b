import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Request } from 'express';
import { gatewaySchema } from '../gateway.config.js';
import { HeldMemory } from '../media/held-memory.js';
import { readUploadForm } from './upload-form.js';

const part = (name: string, value: string, file = false): string =>
  `--x\r\ncontent-disposition: form-data; name="${name}"${file ? '; filename="a.wav"' : ''}\r\n\r\n${value}\r\n`;

describe('an upload form', () => {
  let server: Server;
  let answer: Record<string, unknown> = {};
  beforeAll(async () => {
    server = createServer((request, response) => {
      void (async () => {
        try {
          const form = await readUploadForm(request as Request, {
            field: 'file',
            maxBytes: 50_000,
            maxHeldBytes: 10_000,
            memory: new HeldMemory(gatewaySchema.parse({ PARLANCE_MAX_HELD_MEMORY: '1M' })).open('acme'),
          });
          const early = Object.fromEntries(form.fields);
          let bytes = 0;
          for await (const chunk of form.file) bytes += chunk.length;
          await form.complete;
          answer = { bytes, early, all: Object.fromEntries(form.fields), isWhole: form.isWhole };
        } catch (error) {
          answer = { code: (error as { code: string }).code };
        }
        response.end();
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  async function send(body: string, contentType = 'multipart/form-data; boundary=x'): Promise<typeof answer> {
    const { port } = server.address() as AddressInfo;
    await new Promise<void>((resolve, reject) => {
      const upload = httpRequest({ port, method: 'POST', headers: { 'content-type': contentType } });
      upload.once('response', (response) => response.resume().once('end', resolve));
      upload.once('error', reject);
      upload.end(body);
    });
    return answer;
  }

  it('knows the fields behind a small file before the file is read', async () => {
    const form = await send(
      `${part('file', 'sound', true)}${part('model', 'm')}${part('list[]', 'a')}${part('list[]', 'b')}--x--`,
    );
    expect(form).toEqual({
      bytes: 5,
      early: { model: ['m'], list: ['a', 'b'] },
      all: expect.anything(),
      isWhole: true,
    });
  });

  it('streams a large file and still reads what stands behind it', async () => {
    const form = await send(
      `${part('model', 'm')}${part('file', 's'.repeat(40_000), true)}${part('prompt', 'p')}--x--`,
    );
    expect(form).toMatchObject({
      bytes: 40_000,
      early: { model: ['m'] },
      all: { model: ['m'], prompt: ['p'] },
    });
  });

  it('a file over the limit, a form without its end, without its file, and no form have their codes', async () => {
    expect(await send(`${part('file', 's'.repeat(60_000), true)}--x--`)).toEqual({
      code: 'request.too_large',
    });
    expect(await send(part('file', 'sound', true).slice(0, -2))).toEqual({ code: 'request.invalid' });
    expect(await send(`${part('model', 'm')}--x--`)).toEqual({ code: 'request.invalid' });
    expect(await send('{}', 'application/json')).toEqual({ code: 'request.invalid' });
  });

  it('elements of a list may carry their index', async () => {
    const form = await send(`${part('list[0]', 'a')}${part('list[1]', 'b')}${part('file', 's', true)}--x--`);
    expect(form.early).toEqual({ list: ['a', 'b'] });
  });

  const badHeader = '--x\r\nA\u0001: b\r\n\r\nx\r\n';
  const nameless = '--x\r\ncontent-disposition: form-data\r\n\r\nx\r\n';
  const namelessFile = '--x\r\ncontent-disposition: form-data; filename="a"\r\n\r\nx\r\n';
  it.each([
    ['two bad headers', `${badHeader}${badHeader}--x--\r\n`],
    ['bad headers around a file', `${badHeader}${part('file', 's', true)}${badHeader}${badHeader}--x--`],
    ['bad headers behind a file', `${part('file', 's', true)}${badHeader}${badHeader}`],
    ['a part without a name', `${nameless}${part('file', 's', true)}--x--`],
    ['a part without a name behind a bad header', `${badHeader}${nameless}--x--`],
    ['a file without a name', `${namelessFile}--x--`],
    ['a second file', `${part('file', 's', true)}${part('file', 't', true)}--x--`],
    ['a second file without an end', `${part('file', 's', true)}${part('file', 't', true).slice(0, -2)}`],
    ['a file under another name without an end', part('sound', 's', true).slice(0, -2)],
    ['a file under another name', `${part('file', 's', true)}${part('sound', 's', true)}--x--`],
    ['more fields than there may be', `${part('f', 'v').repeat(65)}${part('file', 's', true)}--x--`],
    ['a field that is too long', `${part('f', 'v'.repeat(65_537))}${part('file', 's', true)}--x--`],
    ['a boundary alone', '--x\r\n'],
    ['nothing', ''],
  ])('%s: the form is refused, and the next one is read', async (_, body) => {
    expect(await send(body)).toEqual({ code: 'request.invalid' });
    expect(await send(`${part('file', 'sound', true)}--x--`)).toMatchObject({ bytes: 5, isWhole: true });
  });
});
