import type { ApiBodyOptions } from '@nestjs/swagger';
import { z } from 'zod';
import {
  assessmentSchema,
  LONGEST_ASSESSED_SECONDS,
  LONGEST_EXPECTED_TEXT,
  speechMeasuresSchema,
  wordSchema,
} from '@parlance/contracts';

/** What `POST /api/v1/assessments` answers. */
export const assessmentAnswerSchema = assessmentSchema.extend({
  recognised: z.object({
    text: z.string(),
    language: z.string(),
    audioMs: z.number(),
    model: z.string(),
    words: z.array(wordSchema),
  }),
  measures: speechMeasuresSchema.nullable(),
});
export type AssessmentAnswer = z.infer<typeof assessmentAnswerSchema>;

/** Its form, which is read as a stream, so that Nest cannot derive its schema. */
export const ASSESSMENT_BODY: ApiBodyOptions = {
  schema: {
    type: 'object',
    required: ['audio'],
    properties: {
      audio: {
        type: 'string',
        format: 'binary',
        description: `Any audio or video ffmpeg reads, ${LONGEST_ASSESSED_SECONDS} s at most; scores are given for 30 s at most`,
      },
      text: {
        type: 'string',
        maxLength: LONGEST_EXPECTED_TEXT,
        description: 'What was to be said, in English. Left out: what is recognised is scored',
      },
      language: {
        type: 'string',
        example: 'en',
        description:
          'BCP 47 or an English name. Left out: en beside a text, else detected. Other languages than English get no scores',
      },
      model: { type: 'string', description: 'That recognises; the scores have models of their own' },
    },
  },
};
