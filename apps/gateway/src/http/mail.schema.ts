import { z } from 'zod';
import { tenantSchema } from '@parlance/contracts';
import { emailSchema, newPasswordSchema, passwordSchema } from './accounts.schema.js';

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
