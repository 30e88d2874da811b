import { LRUCache } from 'lru-cache';
import { CATALOGUE_KINDS, type CatalogueKind } from '@parlance/contracts';
import type { CatalogueDocuments } from './catalogue-documents.js';
import { PLATFORM_TENANT, type CatalogueDocument } from './catalogue.schema.js';

/** A release that brings others, written by another replica, is seen after this time. */
const KEPT_MS = 5_000;

/** The platform's entries in memory. Releases change them, nobody else, and nearly every request reads some. */
export class SharedEntries {
  private readonly kept: LRUCache<CatalogueKind, ReadonlyMap<string, CatalogueDocument>>;

  constructor(documents: CatalogueDocuments) {
    this.kept = new LRUCache<CatalogueKind, ReadonlyMap<string, CatalogueDocument>>({
      max: CATALOGUE_KINDS.length,
      ttl: KEPT_MS,
      fetchMethod: async (kind) => {
        const found = await documents.search({ kind, tenant: PLATFORM_TENANT, deleted: false });
        return new Map(found.map((document) => [document.code, document]));
      },
    });
  }

  /** In the order of their codes. @throws AppError store.unavailable */
  async all(kind: CatalogueKind): Promise<readonly CatalogueDocument[]> {
    return [...(await this.byCode(kind)).values()];
  }

  /** @throws AppError store.unavailable */
  async find(kind: CatalogueKind, code: string): Promise<CatalogueDocument | undefined> {
    return (await this.byCode(kind)).get(code);
  }

  /** They were changed here: the next question reads them again. */
  forget(kind: CatalogueKind): void {
    this.kept.delete(kind);
  }

  private async byCode(kind: CatalogueKind): Promise<ReadonlyMap<string, CatalogueDocument>> {
    return this.kept.forceFetch(kind);
  }
}
