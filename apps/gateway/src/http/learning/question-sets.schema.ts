import { z } from 'zod';
import {
  LANGUAGE_PATTERN,
  languageSchema,
  LEVELS,
  LONGEST_ANSWER,
  questionSetSchema,
  filledTextSchema,
  textSchema,
  ulidSchema,
} from '@parlance/contracts';
import { VIEW_FIELDS } from './learning-requests.js';

const topicSchema = z
  .string()
  .trim()
  .min(1)
  .max(60)
  .refine((topic) => /\p{L}/u.test(topic), 'must have a letter');

/** `POST practice/question-sets`: about a topic, a transcript or a session, else about anything. */
export const questionSetCreateSchema = z
  .strictObject({
    topic: topicSchema.optional(),
    transcript: textSchema(4_000).optional(),
    session: ulidSchema.optional(),
    language: languageSchema.default('en').meta({ pattern: LANGUAGE_PATTERN }),
    level: z.enum(LEVELS).default('A2'),
  })
  .refine(
    ({ topic, transcript, session }) =>
      [topic, transcript, session].filter((one) => one !== undefined).length < 2,
    { path: ['topic'], message: 'only one of topic, transcript and session may be given' },
  )
  .refine(({ language }) => language !== '', { path: ['language'], message: 'must be a language' })
  .meta({
    not: {
      anyOf: [
        { required: ['topic', 'transcript'] },
        { required: ['topic', 'session'] },
        { required: ['transcript', 'session'] },
      ],
    },
  });

/** `POST practice/question-sets/:id/answers`. */
export const questionAnswerBodySchema = z
  .strictObject({
    /** Left out: the first question that has no answer. */
    question: z
      .string()
      .regex(/^q\d{1,2}$/, 'must be the id of a question')
      .optional(),
    text: filledTextSchema(LONGEST_ANSWER).optional(),
    /** The turn in which it was said. */
    turn: ulidSchema.optional(),
  })
  .refine(({ text, turn }) => (text === undefined) !== (turn === undefined), {
    path: ['text'],
    message: 'either text or turn must be given',
  })
  .meta({ oneOf: [{ required: ['text'] }, { required: ['turn'] }] });

const set = questionSetSchema.extend({ ...VIEW_FIELDS, url: z.string() });

/** Bodies of answers. */
export const QUESTION_SET_ANSWERS = {
  set,
  sets: z.object({ question_sets: z.array(set), next_cursor: z.string().nullable() }),
};
