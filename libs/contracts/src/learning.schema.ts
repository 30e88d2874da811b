import { z } from 'zod';
import { ulidSchema } from './identity.js';
import { spokenTagSchema } from './language.schema.js';
import { LEVELS } from './language.js';
import { lineSchema } from './text.schema.js';

/* Lessons and enrolments as they are stored and as the API shows them. */

const lines = (most: number, longest = 300) => z.array(lineSchema(longest)).max(most).default([]);

/** A course: lessons in an order. */
export const courseSchema = z.strictObject({
  title: lineSchema(200),
  description: z.string().trim().max(2_000).default(''),
  /** BCP 47; empty: for any. */
  language: spokenTagSchema,
  level: z.enum(LEVELS).optional(),
});
export type Course = z.output<typeof courseSchema>;

/** What a session is taught by. All of it is given to the model that answers, so that it is bounded. */
export const lessonSchema = z.strictObject({
  title: lineSchema(200),
  /** Where it stands in its course: lessons come by position. */
  position: z.int().min(0).max(10_000).default(0),
  content: z.string().trim().max(8_000).default(''),
  objectives: lines(20),
  key_points: lines(20),
  examples: lines(20),
  /** How the coach is to teach, in words: “patient, with many examples”. */
  teaching_style: z.string().trim().max(500).default(''),
  /** Tells a language model what to do in this lesson. */
  system_prompt: z.string().trim().max(4_000).default(''),
});
export type Lesson = z.output<typeof lessonSchema>;

export const LESSON_STATES = ['started', 'completed'] as const;

/** How far a learner is in one lesson. */
export const lessonProgressSchema = z.object({
  status: z.enum(LESSON_STATES),
  started_at: z.iso.datetime(),
  completed_at: z.iso.datetime().optional(),
  /** The last session in which a turn was taken in it. */
  session: ulidSchema.optional(),
});
export type LessonProgress = z.infer<typeof lessonProgressSchema>;

/** A learner in a course. */
export const enrolmentSchema = z.object({
  course: ulidSchema,
  learner: z.string(),
  /** By the id of the lesson; lessons that were not begun are not there. */
  progress: z.record(ulidSchema, lessonProgressSchema),
});
export type Enrolment = z.infer<typeof enrolmentSchema>;
