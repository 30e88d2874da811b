import { z } from 'zod';
import { AppError } from '@parlance/errors';

/** Clients in Python write what they do not give as null. */
const given = <Schema extends z.ZodType>(schema: Schema) =>
  schema.nullish().transform((one) => one ?? undefined);

const MOST_WORDS = 100;
const nameSchema = given(z.string().max(200));
const wordsSchema = given(z.array(z.string().max(200)).max(MOST_WORDS));

const voiceSchema = given(z.object({ name: nameSchema, language: nameSchema, speaker: nameSchema }));
const spokenSchema = z.object({ voice: voiceSchema, text_format: nameSchema });

/** What is read of each event that asks for something; whatever else it has is without effect. */
export const WYOMING_REQUESTS = {
  transcribe: z.object({
    name: nameSchema,
    language: nameSchema,
    transcript_names: wordsSchema,
    transcript_terms: wordsSchema,
  }),
  ping: z.object({ text: given(z.string().max(10_000)) }),
  synthesize: spokenSchema.extend({ text: z.string() }),
  'synthesize-start': spokenSchema,
  'synthesize-chunk': z.object({ text: z.string() }),
} as const;

type Requests = {
  readonly [Type in keyof typeof WYOMING_REQUESTS]: z.infer<(typeof WYOMING_REQUESTS)[Type]>;
};
export type WyomingTranscribe = Requests['transcribe'];
export type WyomingSpoken = z.infer<typeof spokenSchema>;

/** @throws AppError request.invalid naming the first field at fault */
export function wyomingRequest<Type extends keyof Requests>(
  type: Type,
  data: Readonly<Record<string, unknown>>,
): Requests[Type] {
  const parsed = WYOMING_REQUESTS[type].safeParse(data);
  if (parsed.success) return parsed.data as Requests[Type];
  const { path, message } = parsed.error.issues[0]!;
  throw new AppError('request.invalid', `${type}: ${path.join('.')}: ${message}`);
}
