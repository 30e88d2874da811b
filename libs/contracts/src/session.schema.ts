import { z } from 'zod';
import { teachingModeCodeSchema } from './catalogue.schema.js';
import { languageSchema, spokenTagSchema } from './language.schema.js';
import { tenantSchema } from './identity.js';
import { LEVELS } from './language.js';
import { LONGEST_EXPECTED_TEXT } from './assessment.schema.js';
import { textSchema } from './text.schema.js';

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
  /** Whether each utterance is assessed; the assessment comes behind it and is stored with its turn. */
  assess: z.boolean().default(false),
  /** What is to be said, where utterances are assessed; empty: what is recognised is scored. */
  expectedText: textSchema(LONGEST_EXPECTED_TEXT).default(''),
});
export type SessionSettings = z.output<typeof sessionSettingsSchema>;

/** What the conversation of a session is about. */
export const sessionContextSchema = z.strictObject({
  /** Code of a teaching mode of the catalogue. */
  mode: teachingModeCodeSchema.default('conversation'),
  /** Code of a scenario of the catalogue; its goals lead the conversation. */
  scenario: z.string().max(100).optional(),
  /** Id of a lesson and of an enrolment: of stored ones, which are taught, or in the tenant's own system; kept and given back. */
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
