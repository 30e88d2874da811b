import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** A zip file that is read while it is written: nothing of it is held but what is just passing. */
export class ExportArchive {
  private readonly zip = new ZipFile();
  private passing: Readable | undefined;

  constructor() {
    this.zip.on('error', (error: Error) => this.fail(error));
  }

  /** The file's bytes; it ends after `end`, and throws after `fail`. */
  async *content(): AsyncGenerator<Uint8Array> {
    yield* this.zip.outputStream as AsyncIterable<Uint8Array>;
  }

  /** Adds a file with a JSON list of what comes. @returns how much came */
  async addList(name: string, items: AsyncIterable<object>): Promise<number> {
    let count = 0;
    async function* lines(): AsyncGenerator<string> {
      yield '[';
      for await (const item of items) {
        yield `${count === 0 ? '' : ','}\n${JSON.stringify(item)}`;
        count += 1;
      }
      yield '\n]\n';
    }
    await this.add(name, Readable.from(lines(), { objectMode: false }), true);
    return count;
  }

  /** Adds a file; sound is compressed already. Resolves when it has passed. */
  async add(name: string, content: Readable, compress = false): Promise<void> {
    this.passing = content;
    const passed = finished(content);
    this.zip.addReadStream(content, name, { compress });
    await passed;
  }

  end(): void {
    this.zip.end();
  }

  /** Ends the file in the middle: whoever reads it gets the fault. */
  fail(error: Error): void {
    this.passing?.destroy(error);
    (this.zip.outputStream as Readable).destroy(error);
  }
}
