import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { QueryFilter } from 'mongoose';
import type { CatalogueKind, CatalogueValues, Level } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { StoreConnection } from '../store-connection.js';
import {
  CatalogueDocuments,
  type Standing,
  catalogueConflict,
  catalogueExists,
  catalogueNotFound,
  catalogueShared,
} from './catalogue-documents.js';
import {
  catalogueKey,
  FOR_ANY_LANGUAGE,
  facetsOf,
  PLATFORM_TENANT,
  type CatalogueDocument,
  type CatalogueEntry,
  type CatalogueVersion,
} from './catalogue.schema.js';
import { SharedEntries } from './shared-entries.js';

/** A page of entries by code: those after one. */
export interface CataloguePage {
  readonly mode?: string | undefined;
  readonly level?: Level | undefined;
  /** Entries for this language, and those for any. */
  readonly language?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** What the platform's entry of a code is to be. */
export interface CatalogueSeed<Kind extends CatalogueKind> {
  readonly value: CatalogueValues[Kind];
  /** Of the value. */
  readonly digest: string;
}

/** Entries of one kind that a tenant may have of its own. */
const MOST_OWN = 300;
/** Those that it has deleted included, which stay so that no version has its number twice. */
const MOST_CODES = 5 * MOST_OWN;

/** Teaching modes, languages and scenarios. Every question names the tenant: it sees the platform's entries and its own, of the
 *  same code its own alone. */
@Injectable()
export class CatalogueRepository implements OnModuleInit {
  private readonly documents: CatalogueDocuments;
  private readonly shared: SharedEntries;

  constructor(store: StoreConnection) {
    this.documents = new CatalogueDocuments(store);
    this.shared = new SharedEntries(this.documents);
  }

  /** Makes the collection and its indexes, before the first write. */
  async onModuleInit(): Promise<void> {
    await this.documents.prepare();
  }

  async find<Kind extends CatalogueKind>(
    tenant: string,
    kind: Kind,
    code: string,
  ): Promise<CatalogueEntry<Kind> | undefined> {
    const [[own], shared] = await Promise.all([
      this.documents.search({ _id: catalogueKey(tenant, kind, code) }, 1),
      this.shared.find(kind, code),
    ]);
    const seen = effective({ own, shared });
    return seen && toEntry<Kind>(seen);
  }

  /** @throws AppError catalogue.not_found */
  async get<Kind extends CatalogueKind>(
    tenant: string,
    kind: Kind,
    code: string,
  ): Promise<CatalogueEntry<Kind>> {
    const found = await this.find(tenant, kind, code);
    if (!found) throw catalogueNotFound();
    return found;
  }

  /** Which of these codes name nothing that the tenant sees. */
  async missing(tenant: string, kind: CatalogueKind, codes: readonly string[]): Promise<string[]> {
    if (codes.length === 0) return [];
    const [own, shared] = await Promise.all([
      this.documents.search({ kind, tenant, code: { $in: [...codes] }, deleted: false }),
      this.shared.all(kind),
    ]);
    const seen = new Set([...own, ...shared].map(({ code }) => code));
    return codes.filter((code) => !seen.has(code));
  }

  /** Entries in the order of their codes, at most `limit` of them. */
  async page<Kind extends CatalogueKind>(
    tenant: string,
    kind: Kind,
    { mode, level, language, after = '', limit }: CataloguePage,
  ): Promise<CatalogueEntry<Kind>[]> {
    const [codes, platforms] = await Promise.all([
      this.documents.ownCodes(tenant, kind, MOST_OWN),
      this.shared.all(kind),
    ]);
    const filter: QueryFilter<CatalogueDocument> = {
      ...{ kind, tenant, deleted: false, code: { $gt: after } },
      ...(mode === undefined ? {} : { 'facets.mode': mode }),
      ...(level === undefined ? {} : { 'facets.levels': level }),
      ...(language === undefined ? {} : { 'facets.languages': { $in: [language, FOR_ANY_LANGUAGE] } }),
    };
    const own = codes.some((code) => code > after) ? await this.documents.search(filter, limit) : [];
    // One that was made between the two reads is not shown twice.
    const replaced = new Set([...codes, ...own.map(({ code }) => code)]);
    const shared = platforms.filter(
      ({ code, facets }) =>
        code > after &&
        !replaced.has(code) &&
        (mode === undefined || facets.mode === mode) &&
        (level === undefined || facets.levels.includes(level)) &&
        (language === undefined ||
          facets.languages.includes(language) ||
          facets.languages.includes(FOR_ANY_LANGUAGE)),
    );
    return [...own, ...shared]
      .sort((one, other) => (one.code < other.code ? -1 : 1))
      .slice(0, limit)
      .map((found) => toEntry<Kind>(found));
  }

  /** Adds an entry of the tenant's own; one with the code of the platform's overrides that.
   *  @throws AppError catalogue.exists, quota.exceeded */
  async create<Kind extends CatalogueKind>(
    tenant: string,
    kind: Kind,
    value: CatalogueValues[Kind],
  ): Promise<CatalogueEntry<Kind>> {
    const standing = await this.documents.standing(tenant, kind, value.code);
    if (standing.own?.deleted === false) throw catalogueExists(standing.own.version);
    return this.write(tenant, kind, value, standing);
  }

  /**
   * Changes the entry that the tenant sees; the platform's stays, the tenant gets a copy of its own.
   * @param change   makes the new value from the one that stands
   * @param expected the version that the change is based on; undefined: whichever stands
   * @throws AppError catalogue.not_found, catalogue.conflict with the version that stands
   */
  async update<Kind extends CatalogueKind>(
    tenant: string,
    kind: Kind,
    code: string,
    change: (value: CatalogueValues[Kind]) => CatalogueValues[Kind],
    expected?: number,
  ): Promise<CatalogueEntry<Kind>> {
    const standing = await this.documents.standing(tenant, kind, code);
    const seen = effective(standing);
    if (!seen) throw catalogueNotFound();
    if (expected !== undefined && expected !== seen.version) throw catalogueConflict(seen.version);
    return this.write(tenant, kind, change(seen.value as CatalogueValues[Kind]), standing);
  }

  /** Deletes the tenant's own entry; the platform's of the same code is seen again.
   *  @throws AppError catalogue.not_found, catalogue.conflict; catalogue.shared where there is the platform's only */
  async delete(tenant: string, kind: CatalogueKind, code: string, expected?: number): Promise<void> {
    const { own, shared } = await this.documents.standing(tenant, kind, code);
    if (!own || own.deleted) throw shared ? catalogueShared() : catalogueNotFound();
    if (expected !== undefined && expected !== own.version) throw catalogueConflict(own.version);
    await this.documents.replace(own, { value: null, deleted: true });
  }

  /** The kept versions of the entry that the tenant sees, newest first. @throws AppError catalogue.not_found */
  async versions<Kind extends CatalogueKind>(
    tenant: string,
    kind: Kind,
    code: string,
  ): Promise<CatalogueVersion<Kind>[]> {
    const seen = effective(await this.documents.standing(tenant, kind, code, true));
    if (!seen) throw catalogueNotFound();
    return [...(seen.history ?? [])].reverse().map(({ version, value, at }) => ({
      version,
      value: (value ?? undefined) as CatalogueValues[Kind] | undefined,
      at,
    }));
  }

  /**
   * Makes the platform's entries of a kind what the seeds say; what is so already stays untouched.
   * @param revision  of the seeds: those of an earlier release that still runs change nothing back
   * @returns how many entries were changed
   */
  async seed<Kind extends CatalogueKind>(
    kind: Kind,
    seeds: readonly CatalogueSeed<Kind>[],
    revision: number,
  ): Promise<number> {
    const standing = await this.documents.search({ kind, tenant: PLATFORM_TENANT });
    const byCode = new Map(standing.map((found) => [found.code, found]));
    let changed = 0;
    for (const { value, digest } of seeds) {
      const found = byCode.get(value.code);
      byCode.delete(value.code);
      const isSo = found?.digest === digest && !found.deleted;
      if (isSo || (found?.revision ?? 0) > revision) continue;
      const facets = facetsOf(kind, value);
      const seed = { value, facets, deleted: false, digest, revision };
      // Another replica may be quicker: it writes the same.
      const done = await (
        found
          ? this.documents.replace(found, seed)
          : this.documents.insert(PLATFORM_TENANT, kind, value.code, 1, seed)
      ).catch(ignoreRival);
      if (done) changed += 1;
    }
    for (const gone of byCode.values()) {
      if (gone.deleted || (gone.revision ?? 0) >= revision) continue;
      if (await this.documents.replace(gone, { value: null, deleted: true, revision }).catch(ignoreRival))
        changed += 1;
    }
    this.shared.forget(kind);
    return changed;
  }

  private async write<Kind extends CatalogueKind>(
    tenant: string,
    kind: Kind,
    value: CatalogueValues[Kind],
    { own, shared }: Standing,
  ): Promise<CatalogueEntry<Kind>> {
    if (!own || own.deleted) await this.requireRoom(tenant, kind, own !== undefined);
    const next = { value, facets: facetsOf(kind, value), deleted: false };
    const sharedVersion = shared?.version ?? 0;
    return toEntry<Kind>(
      await (own
        ? this.documents.replace(own, next, Math.max(own.version, own.deleted ? sharedVersion : 0))
        : this.documents.insert(tenant, kind, value.code, sharedVersion + 1, next)),
    );
  }

  private async requireRoom(tenant: string, kind: CatalogueKind, isKnownCode: boolean): Promise<void> {
    if ((await this.documents.ownCodes(tenant, kind, MOST_OWN)).length >= MOST_OWN)
      throw new AppError('quota.exceeded', `A tenant may have ${MOST_OWN} entries of its own; delete some.`);
    if (!isKnownCode && (await this.documents.countCodes(tenant, kind)) >= MOST_CODES)
      throw new AppError('quota.exceeded', `A tenant has used ${MOST_CODES} codes; use one of them again.`);
  }
}

/** What the tenant sees: its own, else the platform's. */
function effective({ own, shared }: Standing): CatalogueDocument | undefined {
  return own && !own.deleted ? own : shared;
}

function toEntry<Kind extends CatalogueKind>(document: CatalogueDocument): CatalogueEntry<Kind> {
  const { code, value, tenant, version, createdAt, updatedAt } = document;
  return {
    code,
    value: value as CatalogueValues[Kind],
    isShared: tenant === PLATFORM_TENANT,
    version,
    createdAt,
    updatedAt,
  };
}

function ignoreRival(error: unknown): undefined {
  if (error instanceof AppError && error.code === 'catalogue.conflict') return undefined;
  throw error;
}
