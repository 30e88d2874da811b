import { z } from 'zod';
import { learnerProfileSchema, tenantSchema } from '@parlance/contracts';

/** As NIST SP 800-63B has it: length counts, not kinds of characters. */
const newPassword = z.string().min(10, 'must have 10 characters at least').max(200);
/** One that was made under other rules is compared all the same. */
const password = z.string().min(1).max(200);
const email = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase());

/** `POST auth/sign-up`. */
export const signUpSchema = z.strictObject({
  organisation: tenantSchema,
  email,
  password: newPassword,
  profile: learnerProfileSchema,
});

/** `POST auth/log-in`. */
export const logInSchema = z.strictObject({ organisation: tenantSchema, email, password });

/** `POST auth/refresh` and `POST auth/log-out`. */
export const refreshSchema = z.strictObject({ refreshToken: z.string().min(1).max(200) });

/** `POST auth/password`. */
export const passwordChangeSchema = z.strictObject({ current: password, password: newPassword });

/** `PATCH profile`; `version` is the one that the change is of. */
export const profileChangeSchema = z.strictObject({
  version: z.int().positive(),
  ...learnerProfileSchema.partial().shape,
  targetLanguages: learnerProfileSchema.shape.targetLanguages.unwrap().optional(),
  goals: learnerProfileSchema.shape.goals.unwrap().optional(),
});
