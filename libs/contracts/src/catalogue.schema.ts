import { z } from 'zod';
import { LEVELS, languageCode } from './language.js';
import { lineSchema } from './text.schema.js';

/** What a tenant's product teaches with: kinds of entries, each with a collection of its own in the API. */
export const CATALOGUE_KINDS = ['teaching_mode', 'language', 'scenario'] as const;
export type CatalogueKind = (typeof CATALOGUE_KINDS)[number];

const CODE = /^[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*$/;
/** Names an entry within its kind and tenant, in routes and in what refers to it. */
export const catalogueCodeSchema = z
  .string()
  .max(64)
  .regex(CODE, 'must be lower-case letters and digits, with - or _ between them');

/** Names of modes in earlier releases, and the modes that do the same now. */
const EARLIER_MODES: ReadonlyMap<string, string> = new Map([
  ['correction', 'grammar'],
  ['role-play', 'conversation'],
  ['exam', 'assessment'],
]);

/** The code of a mode, also of one that is named as in an earlier release. */
export function teachingModeCode(name: string): string {
  return EARLIER_MODES.get(name) ?? name;
}

/** A mode as sessions name it; whether the catalogue has it is not checked. */
export const teachingModeCodeSchema = catalogueCodeSchema.overwrite(teachingModeCode);

const weight = z.number().min(0).max(1);

/** Weights are decimal fractions, whose sum is not exact in binary. */
const WEIGHT_TOLERANCE = 1e-9;

export const rubricWeightsSchema = z
  .strictObject({ fluency: weight, vocabulary: weight, grammar: weight, pronunciation: weight })
  .refine((weights) => Math.abs(sumOf(Object.values(weights)) - 1) < WEIGHT_TOLERANCE, {
    message: 'the weights of fluency, vocabulary, grammar and pronunciation must add up to 1',
  });

const rubricSchema = z.strictObject({
  weights: rubricWeightsSchema,
  /** Of the marks of each criterion. */
  scale: z.strictObject({ min: z.literal(0), max: z.literal(5) }).default({ min: 0, max: 5 }),
});

/** How the coach behaves in a mode. */
const modeSettingsSchema = z.strictObject({
  /** When a mistake is taken up: said again at once, used rightly in passing, or told in the feedback alone. */
  corrections: z.enum(['at_once', 'in_passing', 'afterwards']),
  /** Whether the coach helps a learner who is stuck. */
  hints: z.boolean(),
  /** Longest reply, sentences. */
  reply_sentences: z.number().int().min(1).max(8),
});

/** A way of teaching: what the coach does with what a learner says, and how turns are judged. */
export const teachingModeSchema = z.strictObject({
  code: catalogueCodeSchema,
  label: lineSchema(100),
  description: lineSchema(500),
  rubric: rubricSchema,
  /** How marks are given, criterion by criterion; for teachers and for models that judge. */
  guidelines: z.array(lineSchema(500)).min(1).max(20),
  /** Tells a language model what to do in this mode. */
  system_prompt: lineSchema(4_000),
  settings: modeSettingsSchema,
});
export type TeachingMode = z.infer<typeof teachingModeSchema>;

const level = z.enum(LEVELS);

/** A language that is taught. */
export const taughtLanguageSchema = z.strictObject({
  /** As recognition names it: ISO 639-1 where there is one. */
  code: catalogueCodeSchema.refine(isLanguageCode, 'must be the code of a language, such as en or pt'),
  /** In English. */
  label: lineSchema(100),
  native_name: lineSchema(100),
  /** Levels taught, of the Common European Framework. */
  levels: z
    .array(level)
    .min(1)
    .max(LEVELS.length)
    .refine(areDifferent, 'must be different')
    .meta({ uniqueItems: true }),
});
export type TaughtLanguage = z.infer<typeof taughtLanguageSchema>;

/** One thing to be achieved in a scenario. */
export const scenarioGoalSchema = z.strictObject({
  id: catalogueCodeSchema,
  /** What the learner is to say or find out, as an instruction. */
  goal: lineSchema(300),
  /** Words of which one shows that it was spoken of; a language model knows by itself. Without any the built-in coach leaves the goal
   *  after two turns. */
  keywords: z
    .array(lineSchema(60).refine((word) => word === word.toLowerCase(), 'must be in lower case'))
    .max(60)
    .default([]),
  /** Questions that lead to it, in the words of the coach's part; without any the built-in coach asks about what was said. */
  questions: z.array(lineSchema(300).endsWith('?', 'must end with a question mark')).max(10).default([]),
});
export type ScenarioGoal = z.infer<typeof scenarioGoalSchema>;

/** A situation to be played: who is who, how it begins, and what is to be achieved, in order. */
export const scenarioSchema = z.strictObject({
  code: catalogueCodeSchema,
  title: lineSchema(200),
  /** Code of the mode that it is made for. */
  mode: catalogueCodeSchema,
  level,
  /** Codes of the languages that it is made for; none: for any. */
  languages: z
    .array(catalogueCodeSchema)
    .max(100)
    .refine(areDifferent, 'must be different')
    .meta({ uniqueItems: true }),
  roles: z.strictObject({ coach: lineSchema(200), learner: lineSchema(200) }),
  opening: lineSchema(500),
  goals: z
    .array(scenarioGoalSchema)
    .min(1)
    .max(20)
    .refine((goals) => areDifferent(goals.map(({ id }) => id)), 'must have ids of their own'),
  /** Words and phrases that the learner needs in it. */
  key_phrases: z.array(lineSchema(100)).max(40),
});
export type Scenario = z.infer<typeof scenarioSchema>;

/** Characters of an entry as JSON: all that a tenant has is read at once for a client's menu. */
export const LONGEST_ENTRY = 16_000;

/** What an entry of each kind is. */
export const CATALOGUE_SCHEMAS = {
  teaching_mode: teachingModeSchema,
  language: taughtLanguageSchema,
  scenario: scenarioSchema,
} as const satisfies Record<CatalogueKind, z.ZodType>;

export interface CatalogueValues {
  teaching_mode: TeachingMode;
  language: TaughtLanguage;
  scenario: Scenario;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function areDifferent(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

function isLanguageCode(code: string): boolean {
  try {
    return languageCode(code) === code;
  } catch {
    return false;
  }
}
