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
import { codeFrom, goalsSchema } from './catalogue-bodies.js';
import { MOST_PER_PAGE, needsOneOf, pageLimitSchema } from './request-fields.js';

const version = z.number().int().min(1);

/** Where the routes of a kind are, and what its list is filtered by. */
export const CATALOGUE_ROUTES = {
  teaching_mode: { path: 'teaching-modes', list: 'teaching_modes', filters: [] },
  language: { path: 'languages', list: 'languages', filters: ['level'] },
  scenario: { path: 'scenarios', list: 'scenarios', filters: ['mode', 'level', 'language'] },
} as const satisfies Record<CatalogueKind, object>;

/** How sessions call what a list is filtered by; each is read as the other. */
export const CATALOGUE_FILTER_NAMES = { mode_code: 'mode', language_code: 'language' } as const;

/** Those that a kind has filters for. */
export function otherFilterNames(kind: CatalogueKind): (keyof typeof CATALOGUE_FILTER_NAMES)[] {
  const filters: readonly string[] = CATALOGUE_ROUTES[kind].filters;
  return (['mode_code', 'language_code'] as const).filter((other) =>
    filters.includes(CATALOGUE_FILTER_NAMES[other]),
  );
}

/** `GET` of a list. Other parameters are refused by QueryGuard. */
export const catalogueQuerySchema = z.object({
  // Menus show all there is.
  limit: pageLimitSchema.default(MOST_PER_PAGE),
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

const guideline = teachingModeSchema.shape.guidelines.element;
/** Or one text. */
const guidelines = z
  .union([teachingModeSchema.shape.guidelines, guideline])
  .transform((text) => (typeof text === 'string' ? [text] : text));

/** What is left out has its code from here; without a Latin letter in it, it is to be named. */
function coded<Value extends { readonly code?: string | undefined }>(
  value: Value,
  title: string,
  context: z.RefinementCtx,
): Value & { readonly code: string } {
  const code = value.code ?? codeFrom(title);
  if (code !== undefined) return { ...value, code };
  context.addIssue({ code: 'custom', path: ['code'], message: 'is needed: none can be made from the title' });
  return z.NEVER;
}

/** `POST`: what may be left out has its default. */
export const CATALOGUE_NEW_SCHEMAS = {
  teaching_mode: teachingModeSchema
    .extend({
      code: catalogueCodeSchema.optional(),
      description: teachingModeSchema.shape.description.optional(),
      guidelines,
      settings: teachingModeSchema.shape.settings.default({
        corrections: 'in_passing',
        hints: true,
        reply_sentences: 4,
      }),
    })
    .transform(({ description, ...mode }, context) =>
      coded({ ...mode, description: description ?? mode.label }, mode.label, context),
    ),
  language: CATALOGUE_SCHEMAS.language,
  scenario: scenarioSchema
    .extend({
      code: catalogueCodeSchema.optional(),
      languages: scenarioSchema.shape.languages.default([]),
      goals: goalsSchema.pipe(scenarioSchema.shape.goals),
      key_phrases: scenarioSchema.shape.key_phrases.default([]),
    })
    .transform((scenario, context) => coded(scenario, scenario.title, context)),
} as const satisfies Record<CatalogueKind, z.ZodType>;

/** `PATCH`: what is not named stays; `version` is the one that the change is based on. */
export const CATALOGUE_CHANGE_SCHEMAS = {
  teaching_mode: teachingModeSchema
    .extend({ guidelines })
    .omit({ code: true })
    .partial()
    .extend({ version: version.optional() })
    .meta(needsOneOf(teachingModeSchema.omit({ code: true }))),
  language: CATALOGUE_SCHEMAS.language
    .omit({ code: true })
    .partial()
    .extend({ version: version.optional() })
    .meta(needsOneOf(CATALOGUE_SCHEMAS.language.omit({ code: true }))),
  scenario: scenarioSchema
    .extend({ goals: goalsSchema })
    .omit({ code: true })
    .partial()
    .extend({ version: version.optional() })
    .meta(needsOneOf(scenarioSchema.omit({ code: true }))),
} as const satisfies Record<CatalogueKind, z.ZodType>;
