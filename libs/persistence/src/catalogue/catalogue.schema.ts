import { Schema } from 'mongoose';
import {
  CATALOGUE_KINDS,
  type CatalogueKind,
  type CatalogueValues,
  type Level,
  type Scenario,
  type TaughtLanguage,
} from '@parlance/contracts';

/** An entry as a tenant sees it: its own, else the platform's. */
export interface CatalogueEntry<Kind extends CatalogueKind> {
  readonly code: string;
  readonly value: CatalogueValues[Kind];
  /** Whether it is the platform's: every tenant sees it that has no copy of its own. */
  readonly isShared: boolean;
  /** Counts the changes; goes on from the platform's entry in a tenant's copy of it. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** An entry as it was. */
export interface CatalogueVersion<Kind extends CatalogueKind> {
  readonly version: number;
  /** Undefined: it was deleted then. */
  readonly value: CatalogueValues[Kind] | undefined;
  readonly at: Date;
}

/** What lists are filtered by. */
export interface CatalogueFacets {
  readonly mode?: string;
  readonly levels: readonly Level[];
  readonly languages: readonly string[];
}

interface StoredVersion {
  readonly version: number;
  /** Null: deleted. */
  readonly value: unknown;
  readonly at: Date;
}

/** As stored. A deleted entry stays, so that its versions are never counted twice. */
export interface CatalogueDocument {
  readonly _id: string;
  /** Empty: the platform's. */
  readonly tenant: string;
  readonly kind: CatalogueKind;
  readonly code: string;
  readonly value: unknown;
  readonly facets: CatalogueFacets;
  readonly version: number;
  readonly deleted: boolean;
  /** Of the call that wrote this version: a retry whose first attempt did arrive finds its own. */
  readonly change: string;
  /** Of the seed that it was made from, and of its file. */
  readonly digest?: string;
  readonly revision?: number;
  /** The last versions, this one included. */
  readonly history?: readonly StoredVersion[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The tenant of the platform's entries: no tenant has an empty name. */
export const PLATFORM_TENANT = '';
/** The language of what is for any. */
export const FOR_ANY_LANGUAGE = '*';

/** One document for an entry of a tenant: the key makes it unique. */
export function catalogueKey(tenant: string, kind: CatalogueKind, code: string): string {
  return `${tenant}/${kind}/${code}`;
}

/** @returns what lists of this kind are filtered by */
export function facetsOf<Kind extends CatalogueKind>(
  kind: Kind,
  value: CatalogueValues[Kind],
): CatalogueFacets {
  if (kind === 'scenario') {
    const { mode, level, languages } = value as Scenario;
    return { mode, levels: [level], languages: languages.length > 0 ? languages : [FOR_ANY_LANGUAGE] };
  }
  if (kind === 'language') {
    const { code, levels } = value as TaughtLanguage;
    return { levels, languages: [code] };
  }
  return { levels: [], languages: [FOR_ANY_LANGUAGE] };
}

// Checked by the contract's schemas before it is written.
const plain = { type: Schema.Types.Mixed };

export const catalogueSchema = new Schema<CatalogueDocument>(
  {
    _id: { type: String, required: true },
    // Mongoose takes an empty string for a missing one.
    tenant: { type: String },
    kind: { type: String, enum: CATALOGUE_KINDS, required: true },
    code: { type: String, required: true },
    value: plain,
    facets: plain,
    version: { type: Number, required: true },
    deleted: { type: Boolean, required: true },
    change: { type: String, required: true },
    digest: { type: String },
    revision: { type: Number },
    history: { type: [Schema.Types.Mixed], default: [] } as never,
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { collection: 'catalogue', versionKey: false, strict: 'throw', minimize: false },
);
catalogueSchema.index({ kind: 1, tenant: 1, code: 1 });
