import { Injectable } from '@nestjs/common';
import {
  CATALOGUE_SCHEMAS,
  catalogueCodeSchema,
  LONGEST_ENTRY,
  type CatalogueKind,
  type CatalogueValues,
  type Principal,
  type Scenario,
} from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { catalogueNotFound, CatalogueRepository, type CatalogueEntry } from '@parlance/persistence';
import { LanguageSupports } from '../catalogue/language-support.service.js';
import { entryBody } from './catalogue-bodies.js';
import {
  CATALOGUE_CHANGE_SCHEMAS,
  CATALOGUE_FILTER_NAMES,
  CATALOGUE_NEW_SCHEMAS,
  CATALOGUE_ROUTES,
  catalogueDeleteSchema,
  catalogueQuerySchema,
} from './catalogue.schema.js';
import { byNames } from './other-names.js';
import { parseRequest } from './request-fields.js';

type Query = Readonly<Record<string, unknown>>;

/** The catalogue over HTTP: bodies and queries in, views out. Every caller reads; authors change. */
@Injectable()
export class CatalogueRequests {
  constructor(
    private readonly catalogue: CatalogueRepository,
    private readonly supports: LanguageSupports,
  ) {}

  async list(kind: CatalogueKind, { tenant }: Principal, query: Query) {
    const { limit, cursor, mode, level, language } = parseRequest(
      catalogueQuerySchema,
      byNames(query, CATALOGUE_FILTER_NAMES),
    );
    // One more tells whether there is another page.
    const page = { mode, level, language: language || undefined, after: cursor, limit: limit + 1 };
    const found = await this.catalogue.page(tenant, kind, page);
    const entries = found.slice(0, limit);
    return {
      [CATALOGUE_ROUTES[kind].list]: await this.views(kind, entries),
      next_cursor: found.length > limit ? (entries.at(-1)?.code ?? null) : null,
    };
  }

  async find(kind: CatalogueKind, { tenant }: Principal, id: string) {
    return this.view(kind, await this.catalogue.get(tenant, kind, codeOf(id)));
  }

  async create(kind: CatalogueKind, caller: Principal, body: unknown) {
    const value = parseRequest(
      CATALOGUE_NEW_SCHEMAS[kind],
      entryBody(kind, body ?? {}),
    ) as CatalogueValues[typeof kind];
    refuseTooLong(value);
    await this.requireReferences(caller.tenant, kind, value);
    return this.view(kind, await this.catalogue.create(caller.tenant, kind, value));
  }

  async update(kind: CatalogueKind, caller: Principal, id: string, body: unknown) {
    const code = codeOf(id);
    const { version, ...changes } = parseRequest(CATALOGUE_CHANGE_SCHEMAS[kind], entryBody(kind, body ?? {}));
    if (Object.keys(changes).length === 0)
      throw new AppError('request.invalid', 'body: names nothing to change');
    await this.requireReferences(caller.tenant, kind, changes);
    const change = (value: object) => {
      const changed = parseRequest(CATALOGUE_SCHEMAS[kind], { ...value, ...changes });
      refuseTooLong(changed);
      return changed as CatalogueValues[typeof kind];
    };
    return this.view(kind, await this.catalogue.update(caller.tenant, kind, code, change, version));
  }

  async delete(kind: CatalogueKind, caller: Principal, id: string, query: Query): Promise<void> {
    const { version } = parseRequest(catalogueDeleteSchema, query);
    await this.catalogue.delete(caller.tenant, kind, codeOf(id), version);
  }

  async versions(kind: CatalogueKind, { tenant }: Principal, id: string) {
    const versions = await this.catalogue.versions(tenant, kind, codeOf(id));
    return {
      versions: versions.map(({ version, value, at }) => ({
        version,
        deleted: value === undefined,
        created_at: at.toISOString(),
      })),
    };
  }

  /** An entry as it was in one of its versions. */
  async version(kind: CatalogueKind, { tenant }: Principal, id: string, version: string) {
    const versions = await this.catalogue.versions(tenant, kind, codeOf(id));
    const found = versions.find((one) => String(one.version) === version);
    if (found?.value === undefined) throw catalogueNotFound();
    return {
      ...found.value,
      id: found.value.code,
      version: found.version,
      created_at: found.at.toISOString(),
    };
  }

  /** @throws AppError request.invalid where a scenario names a mode or a language that the tenant does not have */
  private async requireReferences(tenant: string, kind: CatalogueKind, value: object): Promise<void> {
    if (kind !== 'scenario') return;
    const { mode, languages = [] } = value as Partial<Scenario>;
    const [noMode, noLanguages] = await Promise.all([
      this.catalogue.missing(tenant, 'teaching_mode', mode === undefined ? [] : [mode]),
      this.catalogue.missing(tenant, 'language', languages),
    ]);
    if (noMode.length > 0)
      throw new AppError('request.invalid', `mode: there is no teaching mode ${noMode.join()}`);
    if (noLanguages.length > 0)
      throw new AppError('request.invalid', `languages: there is no language ${noLanguages.join(', ')}`);
  }

  private async view(kind: CatalogueKind, entry: CatalogueEntry<CatalogueKind>) {
    const [view] = await this.views(kind, [entry]);
    return view;
  }

  private async views(kind: CatalogueKind, entries: readonly CatalogueEntry<CatalogueKind>[]) {
    const support = kind === 'language' ? await this.supports.load() : undefined;
    return entries.map(({ code, value, isShared, version, createdAt, updatedAt }) => ({
      id: code,
      ...value,
      ...(support ? { available: support(code) } : {}),
      shared: isShared,
      version,
      created_at: createdAt.toISOString(),
      updated_at: updatedAt.toISOString(),
    }));
  }
}

/** @throws AppError request.invalid */
function refuseTooLong(value: object): void {
  const { length } = JSON.stringify(value);
  if (length > LONGEST_ENTRY)
    throw new AppError(
      'request.invalid',
      `body: makes an entry of ${length} characters; ${LONGEST_ENTRY} at most`,
    );
}

/** What is no code names nothing. @throws AppError catalogue.not_found */
function codeOf(id: string): string {
  const code = catalogueCodeSchema.safeParse(id);
  if (!code.success) throw catalogueNotFound();
  return code.data;
}
