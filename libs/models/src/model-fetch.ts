import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pLimit from 'p-limit';
import { AppError, isAppError } from '@parlance/errors';
import type { ModelReference } from './catalogue.js';
import { isFile, type ModelFile } from './checksum.js';
import { assertSpace } from './disk-space.js';
import { HttpClient } from './http.client.js';
import { writeModelRecord } from './model-record.js';
import type { Patience } from './body-reading.js';
import { sizeOf } from './resumable-download.js';
import { allSourcesFailed, isFinal, SourceFault, toSourceFault, type SourceRefusal } from './source-fault.js';
import type { SourceSettings } from './source-settings.js';
import type { Offer } from './sources/source-context.js';
import { SourceSet } from './sources/source-set.js';

const FILES_AT_ONCE = 4;
const CONNECTIONS_AT_ONCE = 4;

/** How far the fetch of a model is. */
export interface FetchProgress {
  readonly model: string;
  /** The file that just came further. */
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

export interface FetchRequest {
  readonly reference: ModelReference;
  /** The model's folder appears in here. */
  readonly downloads: string;
  /** Where the model was looked for. */
  readonly folders: readonly string[];
  readonly sources: SourceSettings;
  readonly patience: Patience;
  readonly freeBytes: (folder: string) => Promise<number>;
  readonly signal: AbortSignal;
  readonly onProgress: ((progress: FetchProgress) => void) | undefined;
}

/** Fetches a model under the lock of its name. Files lie in `.partial/NAME` until each has its checksum; then the model's
 *  folder appears by one rename. What an interrupted fetch left is gone on from.
 *  @returns the model's folder
 *  @throws AppError model.not_found, model.invalid, model.no_space, upstream.unavailable, request.cancelled */
export async function fetchModel(request: FetchRequest): Promise<string> {
  const { reference, downloads, sources, patience, signal } = request;
  const target = join(downloads, reference.name);
  await assertFreeTarget(target);
  const unfinished = join(downloads, '.partial', reference.name);
  const http = new HttpClient(sources.proxies, patience);
  const connections = pLimit(CONNECTIONS_AT_ONCE);
  const context = { http, archives: join(unfinished, 'archives'), patience, signal, connections };
  const set = new SourceSet(sources, context, request.folders);
  try {
    const { folder, repository, files } = await fetchAnyForm(request, set, unfinished);
    await writeModelRecord(folder, { name: reference.name, repository, files: [...files] });
    await rename(folder, target);
  } catch (error) {
    // An archive that gave wrong files is not gone on from.
    if (isAppError(error) && error.code === 'model.invalid')
      await rm(context.archives, { recursive: true, force: true });
    throw error;
  } finally {
    await set.close();
    await http.close();
  }
  await rm(unfinished, { recursive: true, force: true });
  return target;
}

interface FetchedForm {
  readonly folder: string;
  readonly repository: string | undefined;
  readonly files: readonly ModelFile[];
}

/** The catalogue's own files first; where no source has those, another form of the same model. */
async function fetchAnyForm(request: FetchRequest, set: SourceSet, unfinished: string): Promise<FetchedForm> {
  const { reference } = request;
  const { entry } = reference;
  const refusals: SourceRefusal[] = [];
  const closed = new Map<string, SourceFault>();
  if (entry) {
    const files = entry.files.map(({ path, bytes, sha256 }) => ({
      path,
      bytes,
      digest: { kind: 'sha256' as const, hex: sha256 },
    }));
    const form = new FormFetch(request, join(unfinished, 'catalogue'), refusals, closed);
    if (await form.fetch(files, (file) => set.offers(entry, file.path)))
      return { folder: form.folder, repository: undefined, files };
  }
  for (const announcer of await set.announcers(reference)) {
    const folder = join(unfinished, announcer.source.replace(/[^\w.-]+/g, '-'));
    try {
      const fault = closed.get(announcer.source);
      if (fault) throw fault;
      const { repository, files } = await announcer.announce();
      const form = new FormFetch(request, folder, refusals, closed);
      if (await form.fetch(files, (file) => Promise.resolve([announcer.offer(file)])))
        return { folder, repository, files };
    } catch (error) {
      if (isFinal(error)) throw error;
      refusals.push({ source: announcer.source, file: '', fault: toSourceFault(error) });
    }
  }
  throw allSourcesFailed(reference.name, refusals);
}

/** The fetch of one form of a model: its files side by side, each from the first source that gives it right. */
class FormFetch {
  private readonly received = new Map<string, number>();
  private totalBytes = 0;

  constructor(
    private readonly request: FetchRequest,
    readonly folder: string,
    private readonly refusals: SourceRefusal[],
    /** Sources that are not asked again in this fetch, and why. */
    private readonly closed: Map<string, SourceFault>,
  ) {}

  /** @returns whether all files are there; what each source said otherwise is among the refusals
   *  @throws AppError */
  async fetch(
    files: readonly ModelFile[],
    offersOf: (file: ModelFile) => Promise<readonly Offer[]>,
  ): Promise<boolean> {
    await mkdir(this.folder, { recursive: true });
    this.totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const offers = await Promise.all(files.map(offersOf));
    await this.assertSpace(files, offers);
    const limit = pLimit(FILES_AT_ONCE);
    // A file that no source has does not stop the others: they are there for the next try.
    const done = await Promise.allSettled(
      files.map((file, i) => limit(() => this.fetchFile(file, offers[i] ?? []))),
    );
    const thrown = done.find((result) => result.status === 'rejected');
    if (thrown) throw thrown.reason;
    return done.every((result) => result.status === 'fulfilled' && result.value);
  }

  private async fetchFile(file: ModelFile, offers: readonly Offer[]): Promise<boolean> {
    const path = join(this.folder, file.path);
    await mkdir(dirname(path), { recursive: true });
    if (await isFile(path, file)) return this.report(file, file.bytes);
    for (const offer of offers) {
      const fault = await this.tryOffer(offer, file, path);
      if (fault === undefined) return this.report(file, file.bytes);
      this.refusals.push({ source: offer.source, file: file.path, fault });
    }
    return false;
  }

  /** @returns what was wrong; undefined when the file is there and has its checksum */
  private async tryOffer(offer: Offer, file: ModelFile, path: string): Promise<SourceFault | undefined> {
    const closed = this.closed.get(offer.source);
    if (closed) return closed;
    try {
      for (let isSecond = false; ; isSecond = true) {
        // A whole file that is here already failed its checksum, or it would not be asked for.
        if ((await sizeOf(path)) >= file.bytes) await rm(path, { force: true });
        const isResumed = await offer.fetchInto(path, file.bytes, (bytes) => this.report(file, bytes));
        if (await isFile(path, file)) return undefined;
        await rm(path, { force: true });
        // What another try left may be to blame, so the source gets one more from the start.
        if (!isResumed || isSecond) return new SourceFault('wrong', 'gave a file whose checksum is wrong');
      }
    } catch (error) {
      if (isFinal(error)) throw error;
      const fault = toSourceFault(error);
      if (fault.kind === 'unreachable') this.closed.set(offer.source, fault);
      return fault;
    }
  }

  private async assertSpace(
    files: readonly ModelFile[],
    offers: readonly (readonly Offer[])[],
  ): Promise<void> {
    let needed = 0;
    for (const [i, { path, bytes }] of files.entries()) {
      const missing = Math.max(0, bytes - (await sizeOf(join(this.folder, path))));
      // An archive's stored form lies beside the file until that is whole, and is no larger.
      needed += missing === 0 ? 0 : missing + (offers[i]?.[0]?.isArchived ? bytes : 0);
    }
    const { reference, downloads, freeBytes } = this.request;
    assertSpace(reference.name, downloads, needed, await freeBytes(downloads));
  }

  private report(file: ModelFile, bytes: number): true {
    this.received.set(file.path, bytes);
    this.request.onProgress?.({
      model: this.request.reference.name,
      file: file.path,
      receivedBytes: Math.round([...this.received.values()].reduce((sum, each) => sum + each)),
      totalBytes: this.totalBytes,
    });
    return true;
  }
}

/** An empty folder may be replaced; anything else is somebody's. */
async function assertFreeTarget(target: string): Promise<void> {
  const present = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new AppError('model.invalid', `${target} is in the way of a model's folder.`, { cause: error });
  });
  if (present.length > 0) {
    throw new AppError(
      'model.invalid',
      `${target} is there, but it is not this model or not the whole of it. Move it away and try again.`,
    );
  }
}
