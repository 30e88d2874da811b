import { z } from 'zod';
import { deepgramAlternativeSchema, deepgramMetadataSchema } from '@parlance/contracts';

const times = { start: z.number(), end: z.number() };

/** Paragraphs of sentences, which Deepgram makes of pauses. */
export const paragraphsSchema = z.object({
  /** With a blank line between paragraphs. */
  transcript: z.string(),
  paragraphs: z.array(
    z.object({
      sentences: z.array(z.object({ text: z.string(), ...times })),
      num_words: z.number().int(),
      ...times,
    }),
  ),
});
export type Paragraphs = z.infer<typeof paragraphsSchema>;

/** What a client of Deepgram is answered for a recording. */
export const recordingAnswerSchema = z.object({
  metadata: deepgramMetadataSchema,
  results: z.object({
    channels: z.array(
      z.object({
        alternatives: z.array(deepgramAlternativeSchema.extend({ paragraphs: paragraphsSchema.optional() })),
        /** Where the language was not given, and how likely it is. */
        detected_language: z.string().optional(),
        language_confidence: z.number().optional(),
      }),
    ),
    utterances: z
      .array(deepgramAlternativeSchema.extend({ ...times, channel: z.number().int(), id: z.string() }))
      .optional(),
  }),
});
export type RecordingAnswer = z.infer<typeof recordingAnswerSchema>;
