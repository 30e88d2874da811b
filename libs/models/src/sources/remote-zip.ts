import { PassThrough, Readable } from 'node:stream';
import { fromRandomAccessReaderPromise, RandomAccessReader, type Entry, type ZipFile } from 'yauzl';
import type { HttpClient, HttpOpening, HttpRequest, Opening } from '../http.client.js';
import { isFinal, SourceFault, toSourceFault } from '../source-fault.js';

const BLOCK_BYTES = 128 * 1024;
const BLOCK_ATTEMPTS = 2;
const SYMLINK = 0o12;

/** Where a member's bytes lie in an archive. */
export interface MemberRange {
  readonly start: number;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly isDeflated: boolean;
}

/** A zip archive on the web whose members are read by byte ranges; the list of members comes with one or two requests. */
export class RemoteZip {
  private constructor(
    private readonly reader: BlockReader,
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @returns undefined where the server does not give ranges
   *  @throws SourceFault; yauzl's errors for a damaged archive */
  static async open(http: HttpClient, url: string, request: HttpRequest): Promise<RemoteZip | undefined> {
    const first = await http.open(url, { from: 0, to: 0 }, request);
    first.body.on('error', () => {}).destroy();
    // A server without ranges sends the whole file, whose size is more than the one byte asked for.
    if (!first.isPart || first.totalBytes === undefined) return undefined;
    const reader = new BlockReader(http, url, request, first.totalBytes);
    const zip = await fromRandomAccessReaderPromise(reader, first.totalBytes, { autoClose: false });
    return new RemoteZip(reader, zip, await readEntries(zip));
  }

  /** @throws SourceFault when there is no such file */
  async member(name: string): Promise<MemberRange> {
    const entry = memberOf(this.entries, name);
    const { fileDataStart } = await this.zip.readLocalFileHeaderPromise(entry, { minimal: true });
    return {
      start: fileDataStart,
      storedBytes: entry.compressedSize,
      bytes: entry.uncompressedSize,
      isDeflated: entry.compressionMethod === 8,
    };
  }

  /** Opens a member's stored bytes from one of them on. */
  async read({ start, storedBytes }: MemberRange, from: number): Promise<Opening> {
    const last = start + storedBytes - 1;
    const opening = await this.reader.open(start + from, last);
    return { ...opening, offset: from, totalBytes: storedBytes };
  }
}

/** @returns the archive's members by name
 *  @throws when a member's name leads out of the archive */
export async function readEntries(zip: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
  return entries;
}

/** @throws SourceFault when there is none, or it is no plain file */
export function memberOf(entries: ReadonlyMap<string, Entry>, name: string): Entry {
  const entry = entries.get(name);
  if (!entry) throw new SourceFault('missing', `has an archive without '${name}'`);
  if (entry.externalFileAttributes >>> 28 === SYMLINK)
    throw new SourceFault('wrong', `has '${name}' as a symbolic link instead of a file`);
  if (!entry.canDecodeFileData())
    throw new SourceFault('wrong', `has '${name}' in a form that is not readable here`);
  return entry;
}

/** Reads ranges in whole blocks and keeps them: the list of members is read in many small steps. */
class BlockReader extends RandomAccessReader {
  private readonly blocks = new Map<number, Promise<Buffer>>();

  constructor(
    private readonly http: HttpClient,
    private readonly url: string,
    private readonly request: HttpRequest,
    private readonly totalBytes: number,
  ) {
    super();
  }

  override _readStreamForRange(start: number, end: number): Readable {
    const stream = new PassThrough();
    this.write(stream, start, end).then(
      () => stream.end(),
      (error: Error) => stream.destroy(error),
    );
    return stream;
  }

  /** @param last  the last byte, included */
  async open(from: number, last: number): Promise<HttpOpening> {
    const opening = await this.http.open(this.url, { from, to: last }, this.request);
    if (opening.isPart) return opening;
    opening.body.on('error', () => {}).destroy();
    throw new SourceFault('wrong', 'gave the whole archive where a part was asked for');
  }

  private async write(stream: PassThrough, start: number, end: number): Promise<void> {
    for (let at = start; at < end;) {
      const first = at - (at % BLOCK_BYTES);
      const block = await this.block(first);
      stream.write(block.subarray(at - first, end - first));
      at = first + block.length;
    }
  }

  private block(first: number): Promise<Buffer> {
    const known = this.blocks.get(first) ?? this.load(first);
    this.blocks.set(first, known);
    return known;
  }

  private async load(first: number): Promise<Buffer> {
    const last = Math.min(first + BLOCK_BYTES, this.totalBytes) - 1;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { body } = await this.open(first, last);
        const block = await this.http.whole(body, this.request.signal);
        if (block.length !== last - first + 1) throw new SourceFault('unreachable', 'broke off in mid-file');
        return block;
      } catch (error) {
        if (isFinal(error)) throw error;
        const fault = toSourceFault(error);
        if (attempt === BLOCK_ATTEMPTS || fault.kind !== 'unreachable') throw fault;
      }
    }
  }
}
