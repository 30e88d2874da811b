import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiQuery } from '@nestjs/swagger';
import { z } from 'zod';
import {
  CATALOGUE_SCHEMAS,
  catalogueCodeSchema,
  languageSchema,
  LEVELS,
  type CatalogueKind,
} from '@parlance/contracts';
import { PagedBy, QueryOf } from './openapi-parameters.js';
import {
  CATALOGUE_CHANGE_SCHEMAS,
  CATALOGUE_FILTER_NAMES,
  CATALOGUE_NEW_SCHEMAS,
  CATALOGUE_ROUTES,
  otherFilterNames,
} from './catalogue.schema.js';
import { bodyOf } from './openapi-bodies.js';

/* What the routes of the catalogue take and answer, for the OpenAPI document. */

const time = z.iso.datetime();
const version = z.number().int().min(1);
const support = z.boolean().nullable();
const common = {
  /** As `code`. */
  id: z.string(),
  /** Whether it is the platform's, and not a copy of the tenant's own. */
  shared: z.boolean(),
  version,
  created_at: time,
  updated_at: time,
};
const entries = {
  teaching_mode: CATALOGUE_SCHEMAS.teaching_mode.extend(common),
  language: CATALOGUE_SCHEMAS.language.extend({
    ...common,
    /** What this installation can do in it now; null where a service could not be asked. */
    available: z.object({ recognition: support, reply: support, speech: support, scoring: support }),
  }),
  scenario: CATALOGUE_SCHEMAS.scenario.extend(common),
};

/** Bodies of answers. */
export const catalogueAnswers = (kind: CatalogueKind) => ({
  entry: entries[kind],
  page: z.object({
    [CATALOGUE_ROUTES[kind].list]: z.array(entries[kind]),
    next_cursor: z.string().nullable(),
  }),
  versions: z.object({
    versions: z.array(z.object({ version, deleted: z.boolean(), created_at: time })),
  }),
  version: CATALOGUE_SCHEMAS[kind].extend({ id: z.string(), version, created_at: time }),
});

export const CatalogueNewBody = (kind: CatalogueKind) => ApiBody(bodyOf(CATALOGUE_NEW_SCHEMAS[kind]));
export const CatalogueChangeBody = (kind: CatalogueKind) => ApiBody(bodyOf(CATALOGUE_CHANGE_SCHEMAS[kind]));

const FILTERS = {
  mode: QueryOf('mode', catalogueCodeSchema, 'Code of a teaching mode'),
  level: ApiQuery({ name: 'level', required: false, enum: LEVELS }),
  language: QueryOf('language', languageSchema, 'With those for any language'),
};

/** Documents the parameters of a list. */
export const CatalogueQuery = (kind: CatalogueKind) =>
  applyDecorators(
    PagedBy(catalogueCodeSchema, 100),
    ...CATALOGUE_ROUTES[kind].filters.map((name) => FILTERS[name]),
    ...otherFilterNames(kind).map((name) =>
      QueryOf(
        name,
        name === 'mode_code' ? catalogueCodeSchema : languageSchema,
        `As ${CATALOGUE_FILTER_NAMES[name]}`,
      ),
    ),
  );
