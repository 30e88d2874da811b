import { z } from 'zod';
import { spokenTagSchema } from './language.schema.js';
import { LANGUAGE_PATTERN, LEVELS } from './language.js';

/** What a caller may do within its tenant, from most to least; `service` is a program that acts for the tenant's users. */
export const ROLES = ['owner', 'admin', 'teacher', 'service', 'learner'] as const;
export type Role = (typeof ROLES)[number];

/** Roles of API keys: a learner comes by an access token. */
export const KEY_ROLES = ['owner', 'admin', 'teacher', 'service'] as const satisfies readonly Role[];

/** Who manages an organisation, its keys and its accounts. */
export const MANAGERS = ['owner', 'admin'] as const satisfies readonly Role[];

/** Who changes the tenant's catalogue of modes, languages and scenarios. */
export const AUTHORS = ['owner', 'admin', 'teacher'] as const satisfies readonly Role[];

/** What a key opens: recognition and synthesis, conversations and their records, the management of access. */
export const SCOPES = ['speech', 'sessions', 'access'] as const;
export type Scope = (typeof SCOPES)[number];

/** Control characters, and those that change how the text beside them is displayed. */
export const INVISIBLE = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u;

/** The same in the range of 16 bits, for JSON Schema: not everybody's regular expressions know categories. */
const UNSEEN =
  '\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ue000-\\uf8ff\\ufeff\\ufff9-\\ufffb';

/** A name that people read: in one Unicode form, without characters that nobody sees. */
export const displayNameSchema = z
  .string()
  .max(400)
  .transform((text) => text.normalize('NFC').trim())
  .pipe(
    z
      .string()
      .min(1, 'must not be empty')
      .max(100)
      .refine((text) => !INVISIBLE.test(text), 'must have no invisible characters'),
  )
  .meta({ minLength: 1, maxLength: 100, pattern: `^[^${UNSEEN}]*[^\\s${UNSEEN}][^${UNSEEN}]*$` });

/** A language as people name one: BCP 47 or an English name; kept as BCP 47. */
const namedLanguage = spokenTagSchema
  .refine((tag) => tag !== '', 'must be a language')
  .meta({ pattern: LANGUAGE_PATTERN });

/** What a person says of themselves. */
export const learnerProfileSchema = z.strictObject({
  name: displayNameSchema,
  motherLanguage: namedLanguage.optional(),
  targetLanguages: z.array(namedLanguage).max(10).default([]),
  level: z.enum(LEVELS).optional(),
  goals: z.array(displayNameSchema).max(10).default([]),
  /** Address of a picture; the platform does not fetch it. */
  picture: z
    .url({ protocol: /^https$/ })
    .max(2_000)
    .optional(),
});
export type LearnerProfile = z.output<typeof learnerProfileSchema>;
