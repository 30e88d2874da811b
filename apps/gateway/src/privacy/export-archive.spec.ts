import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { zipFiles } from '../../../../test/support/zip-files.js';
import { ExportArchive } from './export-archive.js';

const MIB = 1024 ** 2;

async function* items(count: number): AsyncGenerator<object> {
  for (let number = 1; number <= count; number++) yield { number, text: `"${number}",\n` };
}

describe('the file of an export', () => {
  it('has a JSON list for each part and the sound as it came', async () => {
    const archive = new ExportArchive();
    const whole = buffer(Readable.from(archive.content()));
    expect(await archive.addList('turns.json', items(3))).toBe(3);
    expect(await archive.addList('consents.json', items(0))).toBe(0);
    await archive.add('audio/a/b.flac', Readable.from([Buffer.from('fLaC'), Buffer.from('sound')]));
    archive.end();
    const files = await zipFiles(await whole);
    const textOf = (name: string): string => String(files.get(name));
    expect([...files.keys()]).toEqual(['turns.json', 'consents.json', 'audio/a/b.flac']);
    expect(JSON.parse(textOf('turns.json'))).toMatchObject([{ number: 1 }, { number: 2 }, { number: 3 }]);
    expect(JSON.parse(textOf('consents.json'))).toEqual([]);
    expect(textOf('audio/a/b.flac')).toBe('fLaCsound');
  });

  it('is never held as a whole: what nobody reads is not written either', async () => {
    const archive = new ExportArchive();
    let made = 0;
    async function* sound(): AsyncGenerator<Buffer> {
      for (; made < 200; made++) yield Buffer.alloc(MIB / 4, made);
    }
    const content = archive.content();
    const adding = archive.add('audio/long.flac', Readable.from(sound())).then(() => archive.end());
    await content.next();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(made).toBeLessThan(40);
    let bytes = 0;
    for await (const chunk of content) bytes += chunk.length;
    await adding;
    expect([made, Math.round(bytes / MIB)]).toEqual([200, 50]);
  });

  it('that fails in the middle is no file: whoever reads it and whoever writes it get the fault', async () => {
    const archive = new ExportArchive();
    const reading = buffer(Readable.from(archive.content()));
    async function* broken(): AsyncGenerator<object> {
      yield { number: 1 };
      throw new Error('the store is away');
    }
    const writing = archive.addList('turns.json', broken()).catch((error: Error) => {
      archive.fail(error);
      throw error;
    });
    await expect(writing).rejects.toThrow('away');
    await expect(reading).rejects.toThrow('away');
  });
});
