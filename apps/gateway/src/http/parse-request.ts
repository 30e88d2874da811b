import type { z } from 'zod';
import { AppError } from '@parlance/errors';
import { unknownOption } from './form-fields.js';

/** Checks what a client sent. @throws AppError request.invalid with one line for every fault, naming its field */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(unknownOption)
      : [`${issue.path.join('.') || 'body'}: ${issue.message}`],
  );
  throw new AppError('request.invalid', faults.join('; '));
}
