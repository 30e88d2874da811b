import { z } from 'zod';
import {
  CATALOGUE_SCHEMAS,
  catalogueCodeSchema,
  languageSchema,
  LEVELS,
  scenarioSchema,
  teachingModeSchema,
  type CatalogueKind,
} from '@parlance/contracts';
import { pageLimitSchema } from './request-fields.js';

const version = z.number().int().min(1);

/** Where the routes of a kind are, and what its list is filtered by. */
export const CATALOGUE_ROUTES = {
  teaching_mode: { path: 'teaching-modes', list: 'teaching_modes', filters: [] },
  language: { path: 'languages', list: 'languages', filters: ['level'] },
  scenario: { path: 'scenarios', list: 'scenarios', filters: ['mode', 'level', 'language'] },
} as const satisfies Record<CatalogueKind, object>;

/** `GET` of a list. Other parameters are refused by QueryGuard. */
export const catalogueQuerySchema = z.object({
  limit: pageLimitSchema,
  /** `next_cursor` of the page before. */
  cursor: catalogueCodeSchema.optional(),
  mode: catalogueCodeSchema.optional(),
  level: z.string().max(10).toUpperCase().pipe(z.enum(LEVELS)).optional(),
  language: languageSchema.optional(),
});

/** `DELETE`: the version that is to be deleted. */
export const catalogueDeleteSchema = z.object({
  version: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number in digits')
    .transform(Number)
    .optional(),
});

/** `POST`: what may be left out has its default. */
export const CATALOGUE_NEW_SCHEMAS = {
  teaching_mode: teachingModeSchema.extend({
    settings: teachingModeSchema.shape.settings.default({
      corrections: 'in_passing',
      hints: true,
      reply_sentences: 4,
    }),
  }),
  language: CATALOGUE_SCHEMAS.language,
  scenario: scenarioSchema.extend({
    languages: scenarioSchema.shape.languages.default([]),
    key_phrases: scenarioSchema.shape.key_phrases.default([]),
  }),
} as const satisfies Record<CatalogueKind, z.ZodType>;

/** `PATCH`: what is not named stays; `version` is the one that the change is based on. */
export const CATALOGUE_CHANGE_SCHEMAS = {
  teaching_mode: teachingModeSchema.omit({ code: true }).partial().extend({ version: version.optional() }),
  language: CATALOGUE_SCHEMAS.language.omit({ code: true }).partial().extend({ version: version.optional() }),
  scenario: scenarioSchema.omit({ code: true }).partial().extend({ version: version.optional() }),
} as const satisfies Record<CatalogueKind, z.ZodType>;
