import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { fromBuffer, type Entry, type ZipFile } from 'yauzl';

/** The files of a zip archive by their names, in its order. */
export async function zipFiles(archive: Buffer): Promise<ReadonlyMap<string, Buffer>> {
  const open = promisify<Buffer, { lazyEntries: boolean }, ZipFile>(fromBuffer);
  const zip = await open(archive, { lazyEntries: true });
  const files = new Map<string, Buffer>();
  return new Promise((resolve, reject) => {
    zip.on('error', reject);
    zip.on('end', () => resolve(files));
    zip.on('entry', (entry: Entry) =>
      zip.openReadStream(entry, (error, content) => {
        if (error) return reject(error);
        buffer(content).then((whole) => {
          files.set(entry.fileName, whole);
          zip.readEntry();
        }, reject);
      }),
    );
    zip.readEntry();
  });
}
