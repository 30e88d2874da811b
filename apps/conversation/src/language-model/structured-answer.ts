import { z } from 'zod';
import { textHead } from '@parlance/contracts';
import type { ModelQuestion } from './groq.provider.js';

/** What became of a model's answer: what was read of it, or what is wrong with it. */
export type ReadAnswer<Value> = { readonly value: Value } | { readonly fault: string };

/** As `ReadAnswer`; with both, an answer that will do where the model makes no better one. */
export type JudgedAnswer<Value> = ReadAnswer<Value> | { readonly value: Value; readonly fault: string };

/** What a refused answer is given back by, at most, in UTF-16 units. */
const LONGEST_REFUSED = 4_000;
const MOST_FAULTS = 5;

/** Servers that hold an answer to a schema seldom know its limits; those are checked by `readAnswer`. */
const LIMITS: ReadonlySet<string> = new Set([
  '$schema',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'maxItems',
  'minItems',
]);

/** The JSON Schema that a model's answer is asked for by. */
export function answerSchema(schema: z.ZodType): Record<string, unknown> {
  return JSON.parse(
    JSON.stringify(z.toJSONSchema(schema), (key, value: unknown) => (LIMITS.has(key) ? undefined : value)),
  ) as Record<string, unknown>;
}

/** Reads a model's answer by its schema. */
export function readAnswer<Schema extends z.ZodType>(
  schema: Schema,
  answer: string,
): ReadAnswer<z.output<Schema>> {
  const json = objectIn(answer);
  if (json === undefined) return { fault: 'it is no JSON object' };
  const parsed = schema.safeParse(json);
  if (parsed.success) return { value: parsed.data };
  const issues = parsed.error.issues.slice(0, MOST_FAULTS);
  return { fault: issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; ') };
}

/** Asks once more, with what was wrong. */
export function repairQuestion(asked: ModelQuestion, answer: string, fault: string): ModelQuestion {
  return {
    ...asked,
    messages: [
      ...asked.messages,
      { role: 'assistant', content: textHead(answer, LONGEST_REFUSED) || '{}' },
      {
        role: 'user',
        content: `That does not fit: ${fault}. Answer again with the whole JSON object, corrected.`,
      },
    ],
  };
}

/** The outermost JSON object of a text, which may stand in a code block or among words. */
function objectIn(answer: string): unknown {
  const start = answer.indexOf('{');
  const end = answer.lastIndexOf('}');
  if (start < 0 || end < start) return undefined;
  try {
    return JSON.parse(answer.slice(start, end + 1));
  } catch {
    return undefined;
  }
}
