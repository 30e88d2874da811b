import { z } from 'zod';
import { scenarioGoalSchema, type CatalogueKind } from '@parlance/contracts';
import { byNames, type OtherNames } from './other-names.js';

/* What clients may write of an entry in another way than it is kept and answered. */

/** Other names of fields: as sessions have them, and in words that say the same. */
const OTHER_FIELDS: Readonly<Record<CatalogueKind, OtherNames>> = {
  teaching_mode: { weights: 'rubric', rubric_weights: 'rubric' },
  language: { level: 'levels' },
  scenario: {
    mode_code: 'mode',
    language_code: 'languages',
    language: 'languages',
    opening_line: 'opening',
  },
};

/** Fields in another form, each made what the schema has; what is in none of the forms is left to the schema to refuse. */
const OTHER_FORMS: Readonly<Record<string, (value: unknown) => unknown>> = {
  /** The weights alone. */
  rubric: (value) => (isObject(value) && 'fluency' in value ? { weights: value } : value),
  levels: listOf,
  languages: listOf,
  /** The coach's role, then the learner's. */
  roles: (value) =>
    Array.isArray(value) && value.length === 2
      ? { coach: value[0] as unknown, learner: value[1] as unknown }
      : value,
};

/** A body by the names and in the forms of the schemas. @throws AppError request.invalid where a field has two names */
export function entryBody(kind: CatalogueKind, body: unknown): unknown {
  const named = byNames(body, OTHER_FIELDS[kind]);
  if (!isObject(named)) return named;
  const formed = Object.entries(named).map(([name, value]) => [
    name,
    Object.hasOwn(OTHER_FORMS, name) ? OTHER_FORMS[name]!(value) : value,
  ]);
  return Object.fromEntries(formed) as unknown;
}

/** Goals, each whole or by its text alone. */
export const goalsSchema = z
  .array(z.union([scenarioGoalSchema, scenarioGoalSchema.shape.goal]))
  .transform((goals) => goals.map(wholeGoal))
  // The schema that reads them next wants one.
  .meta({ minItems: 1 });

type Goal = z.input<typeof scenarioGoalSchema>;

function wholeGoal(goal: Goal | string, index: number): Goal {
  return typeof goal === 'string' ? { id: `goal-${index + 1}`, goal, keywords: [], questions: [] } : goal;
}

const LONGEST_CODE = 64;

/** A code from a title; undefined where it has no Latin letter to begin with. */
export function codeFrom(title: string): string | undefined {
  const plain = title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const words = plain
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[-\d]+/, '')
    .slice(0, LONGEST_CODE);
  return words.replace(/-+$/, '') || undefined;
}

function listOf(value: unknown): unknown {
  return typeof value === 'string' ? [value] : value;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
