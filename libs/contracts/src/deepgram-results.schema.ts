import { z } from 'zod';

/** A word; times in seconds from the start of the stream or recording. */
export const deepgramWordSchema = z.object({
  /** Lower case, without punctuation. */
  word: z.string(),
  start: z.number(),
  end: z.number(),
  confidence: z.number(),
  /** As it stands in the transcript. */
  punctuated_word: z.string(),
});
export type DeepgramWord = z.infer<typeof deepgramWordSchema>;

export const deepgramAlternativeSchema = z.object({
  transcript: z.string(),
  confidence: z.number(),
  words: z.array(deepgramWordSchema),
});

export const deepgramModelSchema = z.object({ name: z.string(), version: z.string(), arch: z.string() });

/** What Deepgram tells of a request that is answered. */
export const deepgramMetadataSchema = z.object({
  transaction_key: z.literal('deprecated'),
  request_id: z.string(),
  /** Of the audio's bytes as they came, in hexadecimal digits. */
  sha256: z.string(),
  created: z.string(),
  /** Seconds. */
  duration: z.number(),
  channels: z.number().int(),
  models: z.array(z.string()),
  /** By the ids of `models`. */
  model_info: z.record(z.string(), deepgramModelSchema),
});
export type DeepgramMetadata = z.infer<typeof deepgramMetadataSchema>;
