import { z } from 'zod';
import { courseSchema, lessonSchema, enrolmentSchema, LESSON_STATES, ulidSchema } from '@parlance/contracts';
import { catalogueDeleteSchema } from '../catalogue.schema.js';
import { needsOneOf, pageLimitSchema } from '../request-fields.js';
import { rankedCursorSchema, VIEW_FIELDS, versionSchema } from './learning-requests.js';

/** `PATCH`: what is not named stays. */
export const courseChangeSchema = courseSchema
  .partial()
  .extend({ version: versionSchema.optional() })
  .meta(needsOneOf(courseSchema));
export const lessonChangeSchema = lessonSchema
  .partial()
  .extend({ version: versionSchema.optional() })
  .meta(needsOneOf(lessonSchema));

/** `GET courses/:id/lessons`: by position. */
export const lessonPageSchema = z.object({ limit: pageLimitSchema, cursor: rankedCursorSchema.optional() });

/** `DELETE`: the version that is to be deleted. */
export const deleteSchema = catalogueDeleteSchema;

const course = courseSchema.extend(VIEW_FIELDS);
const lesson = lessonSchema.extend({ ...VIEW_FIELDS, course: VIEW_FIELDS.id });
const cursor = z.string().nullable();

/** Bodies of answers. */
export const COURSE_ANSWERS = {
  course,
  courses: z.object({ courses: z.array(course), next_cursor: cursor }),
  lesson,
  lessons: z.object({ lessons: z.array(lesson), next_cursor: cursor }),
};

/** `POST enrolments`. */
export const enrolmentCreateSchema = z.strictObject({ course: ulidSchema });

/** `PATCH enrolments/:id`: how far the learner is in a lesson. */
export const enrolmentChangeSchema = z.strictObject({
  lesson: ulidSchema,
  status: z.enum(LESSON_STATES),
  version: versionSchema.optional(),
});

const enrolment = enrolmentSchema.extend(VIEW_FIELDS);

/** Bodies of answers. */
export const ENROLMENT_ANSWERS = {
  enrolment,
  enrolments: z.object({ enrolments: z.array(enrolment), next_cursor: z.string().nullable() }),
};
