import type { z } from 'zod';
import { AppError } from '#libs/errors';

/** Checks what a client sent. @throws AppError request.invalid with one line for every fault */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw new AppError('request.invalid', faults.join('; '));
}
