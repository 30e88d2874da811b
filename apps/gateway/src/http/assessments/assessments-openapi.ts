import type { ApiBodyOptions } from '@nestjs/swagger';
import { z } from 'zod';
import { ASSESSMENT_PICTURES, PICTURE_FORMATS } from '../../pictures/picture.schema.js';
import {
  assessmentSchema,
  LONGEST_ASSESSED_SECONDS,
  LONGEST_EXPECTED_TEXT,
  LONGEST_QUESTION,
  LONGEST_RESPONSE_MS,
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
  /** Where they were asked for: those that the assessment has something for. */
  pictures: z
    .array(z.object({ name: z.enum(ASSESSMENT_PICTURES), contentType: z.string(), base64: z.string() }))
    .optional(),
});
export type AssessmentAnswer = z.infer<typeof assessmentAnswerSchema>;

const WITHIN = { minimum: -LONGEST_RESPONSE_MS, maximum: LONGEST_RESPONSE_MS };

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
      question: {
        type: 'string',
        maxLength: LONGEST_QUESTION,
        description: 'What the recording answers, in English: contextRelevance',
      },
      questionEndMs: {
        type: 'integer',
        ...WITHIN,
        description:
          'Where in the recording, of the answer alone, the question ended, ms; negative: before it began. For responseTime and interactionFlow',
      },
      responseDelayMs: {
        type: 'integer',
        ...WITHIN,
        description:
          'Instead of questionEndMs: from the end of the question to the start of the answer, ms; negative: they overlap',
      },
      pictures: {
        type: 'string',
        enum: [...PICTURE_FORMATS],
        description: `Adds pictures of this format to the answer: ${ASSESSMENT_PICTURES.join(', ')}. Left out: none`,
      },
      model: { type: 'string', description: 'That recognises; the scores have models of their own' },
    },
  },
};
