import { z } from 'zod';
import { languageSchema, spokenTagSchema } from './language.schema.js';
import { tenantSchema } from './identity.js';

/** Levels of the Common European Framework of Reference for Languages. */
export const LEVELS = ['A1', 'A2', 'B1', 'B2', 'C1', 'C2'] as const;

/** What the coach does with what a learner says: converses, corrects each mistake, plays a scenario's part, or examines. */
export const TEACHING_MODES = ['conversation', 'correction', 'role-play', 'exam'] as const;

/** How a session listens and speaks; clients may change it while it runs. */
export const sessionSettingsSchema = z.strictObject({
  /** Who recognises: `browser` sends text, `auto` changes to it while recognition is down. */
  sttMode: z.enum(['auto', 'browser', 'server']).default('auto'),
  ttsEnabled: z.boolean().default(true),
  /** Whether clients should play a reply at once. */
  autoSpeak: z.boolean().default(true),
  /** Empty: to be detected. */
  language: languageSchema,
  /** Empty: a voice of the reply's language. */
  voice: z.string().max(200).default(''),
  speed: z.number().min(0.25).max(4).default(1),
});
export type SessionSettings = z.output<typeof sessionSettingsSchema>;

/** What the conversation of a session is about. */
export const sessionContextSchema = z.strictObject({
  mode: z.enum(TEACHING_MODES).default('conversation'),
  /** Id of a scenario; its goals lead the conversation. */
  scenario: z.string().max(100).optional(),
  /** Id of a lesson and of an enrolment in the tenant's own system; kept and given back. */
  lesson: z.string().max(200).optional(),
  enrolment: z.string().max(200).optional(),
  /** The lesson's text, for the language model. */
  material: z.string().max(20_000).optional(),
  level: z.enum(LEVELS).optional(),
  motherLanguage: spokenTagSchema,
  targetLanguage: spokenTagSchema,
});
export type SessionContext = z.output<typeof sessionContextSchema>;

/** Who calls: the tenant, and the user its token names. */
export const principalSchema = z.object({
  tenant: tenantSchema,
  user: z.string().min(1).max(200).optional(),
});
export type Principal = z.output<typeof principalSchema>;

/** One thing to be achieved in a scenario. */
export const scenarioGoalSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z-]*$/),
  /** What the learner is to say or find out, as an instruction. */
  goal: z.string().min(1),
  /** English words of which one shows that it was spoken of; a language model knows by itself. */
  keywords: z.array(z.string().regex(/^[a-z ]+$/)).min(1),
  /** Questions that lead to it, in the words of the coach's part. */
  questions: z.array(z.string().endsWith('?')).min(2),
});
export type ScenarioGoal = z.infer<typeof scenarioGoalSchema>;

/** A situation to be played: who is who, how it begins, and what is to be achieved, in order. For any target language. */
export const scenarioSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z-]*$/),
  title: z.string().min(1),
  level: z.enum(LEVELS),
  roles: z.strictObject({ coach: z.string().min(1), learner: z.string().min(1) }),
  opening: z.string().min(1),
  goals: z.array(scenarioGoalSchema).min(2),
});
export type Scenario = z.infer<typeof scenarioSchema>;
