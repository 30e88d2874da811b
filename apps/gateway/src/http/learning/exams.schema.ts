import { z } from 'zod';
import { examSchema, ulidSchema } from '@parlance/contracts';
import { VIEW_FIELDS } from './learning-requests.js';

export const EXAM_LEVELS = ['A2', 'B1', 'B2', 'C1'] as const;

/** `GET practice/exam-prompts`. */
export const promptQuerySchema = z.object({ level: z.enum(EXAM_LEVELS).optional() });

/** `POST practice/exams`: without a prompt the first one that the learner did not have lately. */
export const examCreateSchema = z.strictObject({ prompt: z.string().max(64).optional() });

/** `POST practice/exams/:id/answer`: the turn in which it was said. */
export const examAnswerSchema = z.strictObject({ turn: ulidSchema });

const prompt = z.object({
  id: z.string(),
  topic: z.string(),
  level: z.enum(EXAM_LEVELS),
  question: z.string(),
  preparation_seconds: z.number().int(),
  speaking_seconds: z.number().int(),
});
const exam = examSchema.extend(VIEW_FIELDS);

/** Bodies of answers. */
export const EXAM_ANSWERS = {
  prompts: z.object({
    prompts: z.array(prompt),
    /** What marks are given for, 0 to 5 each. */
    rubric: z.array(z.object({ criterion: z.string(), measures: z.string() })),
  }),
  exam,
  exams: z.object({ exams: z.array(exam), next_cursor: z.string().nullable() }),
};
