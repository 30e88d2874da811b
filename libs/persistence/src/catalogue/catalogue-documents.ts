import { randomUUID } from 'node:crypto';
import type { Model, QueryFilter } from 'mongoose';
import type { CatalogueKind } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { isDuplicate, type StoreConnection } from '../store-connection.js';
import {
  catalogueKey,
  catalogueSchema,
  PLATFORM_TENANT,
  type CatalogueDocument,
} from './catalogue.schema.js';

/** Versions that are kept of an entry. */
const KEPT_VERSIONS = 50;
/** Documents of one read, at most. */
const MOST_READ = 10_000;
const WITHOUT_HISTORY = { history: 0 };

/** A tenant's own document of a code, and the platform's; a deleted own one may be there. */
export interface Standing {
  readonly own: CatalogueDocument | undefined;
  readonly shared: CatalogueDocument | undefined;
}

/** The documents of the catalogue: each change writes the next version over the one that was read, atomically, or is refused. */
export class CatalogueDocuments {
  private readonly model: Model<CatalogueDocument>;

  constructor(private readonly store: StoreConnection) {
    this.model = store.raw.model<CatalogueDocument>('CatalogueEntry', catalogueSchema);
  }

  /** Makes the collection and its indexes. */
  async prepare(): Promise<void> {
    await this.store.prepare(this.model);
  }

  async standing(tenant: string, kind: CatalogueKind, code: string, withHistory = false): Promise<Standing> {
    const keys = [tenant, PLATFORM_TENANT].map((owner) => catalogueKey(owner, kind, code));
    const found = await this.search({ _id: { $in: keys } }, 2, withHistory);
    return {
      own: found.find(({ _id }) => _id === keys[0]),
      shared: found.find(({ _id, deleted }) => _id === keys[1] && !deleted),
    };
  }

  /** In the order of their codes. */
  async search(
    filter: QueryFilter<CatalogueDocument>,
    limit = MOST_READ,
    withHistory = false,
  ): Promise<CatalogueDocument[]> {
    return this.store.run(() =>
      this.model
        .find(filter, withHistory ? {} : WITHOUT_HISTORY)
        .sort({ code: 1 })
        .limit(Math.min(limit, MOST_READ))
        .lean<CatalogueDocument[]>(),
    );
  }

  /** Codes of the entries of a tenant's own. */
  async ownCodes(tenant: string, kind: CatalogueKind, limit: number): Promise<string[]> {
    const found = await this.store.run(() =>
      this.model
        .find({ kind, tenant, deleted: false }, { code: 1 })
        .limit(limit)
        .lean<Pick<CatalogueDocument, 'code'>[]>(),
    );
    return found.map(({ code }) => code);
  }

  /** How many codes the tenant has, or had, entries of its own by. */
  async countCodes(tenant: string, kind: CatalogueKind): Promise<number> {
    return this.store.run(() => this.model.countDocuments({ kind, tenant }));
  }

  /** @throws AppError catalogue.conflict where there is one of this key already */
  async insert(
    tenant: string,
    kind: CatalogueKind,
    code: string,
    version: number,
    part: Pick<CatalogueDocument, 'value' | 'facets' | 'deleted'> & Partial<CatalogueDocument>,
  ): Promise<CatalogueDocument> {
    const at = new Date();
    const document: CatalogueDocument = {
      _id: catalogueKey(tenant, kind, code),
      tenant,
      kind,
      code,
      version,
      change: randomUUID(),
      history: [{ version, value: part.value, at }],
      createdAt: at,
      updatedAt: at,
      ...part,
    };
    try {
      await this.store.run(() => this.model.create(document));
      return document;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return this.unlessRival(document);
    }
  }

  /** @param from  the version to count on from
   *  @throws AppError catalogue.conflict where another version than `before` stands */
  async replace(
    before: CatalogueDocument,
    part: Pick<CatalogueDocument, 'value' | 'deleted'> & Partial<CatalogueDocument>,
    from = before.version,
  ): Promise<CatalogueDocument> {
    const [at, change, version] = [new Date(), randomUUID(), from + 1];
    const next = { ...part, version, change, updatedAt: at };
    const history = { $each: [{ version, value: part.value, at }], $slice: -KEPT_VERSIONS };
    const { matchedCount } = await this.store.run(() =>
      this.model.updateOne({ _id: before._id, version: before.version }, { $set: next, $push: { history } }),
    );
    const after = { ...before, ...next };
    return matchedCount === 1 ? after : this.unlessRival(after);
  }

  /** What was written, where it is ours that stands: the store may have taken a write and lost its answer. */
  private async unlessRival(written: CatalogueDocument): Promise<CatalogueDocument> {
    const [standing] = await this.search({ _id: written._id }, 1);
    if (standing?.change === written.change) return written;
    throw catalogueConflict(standing?.version ?? 0);
  }
}

/** Also of another tenant's entries: nobody learns that there are any. */
export function catalogueNotFound(): AppError {
  return new AppError('catalogue.not_found', 'There is no such entry in the catalogue.');
}

/** @param version  the one that stands */
export function catalogueConflict(version: number): AppError {
  const text = `The entry was changed meanwhile: its version is ${version}. Read it, and change that one.`;
  return new AppError('catalogue.conflict', text, { details: { version } });
}

/** @param version  the one that stands */
export function catalogueExists(version: number): AppError {
  const text = 'The tenant has an entry of this code already; PATCH changes it.';
  return new AppError('catalogue.exists', text, { details: { version } });
}

export function catalogueShared(): AppError {
  return new AppError(
    'catalogue.shared',
    "This is the platform's entry: a tenant overrides it by PATCH or POST, and deletes its own copy only.",
  );
}
