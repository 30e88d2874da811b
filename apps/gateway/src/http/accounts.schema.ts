import { z } from 'zod';
import { learnerProfileSchema, tenantSchema } from '@parlance/contracts';

/** As NIST SP 800-63B has it: length counts, not kinds of characters. */
export const newPasswordSchema = z.string().min(10, 'must have 10 characters at least').max(200);
/** One that was made under other rules is compared all the same. */
export const passwordSchema = z.string().min(1).max(200);
export const emailSchema = z
  .email()
  .max(254)
  .transform((text) => text.toLowerCase());

/** `POST auth/sign-up`. */
export const signUpSchema = z.strictObject({
  organisation: tenantSchema,
  email: emailSchema,
  password: newPasswordSchema,
  profile: learnerProfileSchema,
});

/** `POST auth/log-in`. */
export const logInSchema = z.strictObject({
  organisation: tenantSchema,
  email: emailSchema,
  password: passwordSchema,
});

/** `POST auth/refresh` and `POST auth/log-out`. */
export const refreshSchema = z.strictObject({ refreshToken: z.string().min(1).max(200) });

/** `POST auth/password`. */
export const passwordChangeSchema = z.strictObject({
  current: passwordSchema,
  password: newPasswordSchema,
});

/** `PATCH profile`; `version` is the one that the change is of. */
export const profileChangeSchema = z.strictObject({
  version: z.int().positive(),
  ...learnerProfileSchema.partial().shape,
  targetLanguages: learnerProfileSchema.shape.targetLanguages.unwrap().optional(),
  goals: learnerProfileSchema.shape.goals.unwrap().optional(),
});

/** A code as a mail or a redirect has it. */
const code = z.string().min(1).max(200);

/** `POST auth/resend-verification` and `POST auth/forgot-password`. */
export const mailRequestSchema = z.strictObject({ organisation: tenantSchema, email: emailSchema });

/** `POST auth/verify-email`. */
export const codeSchema = z.strictObject({ token: code });

/** `POST auth/reset-password`. */
export const passwordResetSchema = z.strictObject({ token: code, password: newPasswordSchema });

/** `POST auth/change-email`. */
export const emailChangeSchema = z.strictObject({ password: passwordSchema, email: emailSchema });
