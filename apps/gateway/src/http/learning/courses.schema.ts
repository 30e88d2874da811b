import { z } from 'zod';
import { courseSchema, lessonSchema } from '@parlance/contracts';
import { catalogueDeleteSchema } from '../catalogue.schema.js';
import { pageLimitSchema } from '../request-fields.js';
import { rankedCursorSchema, VIEW_FIELDS, versionSchema } from './learning-requests.js';

/** `PATCH`: what is not named stays. */
export const courseChangeSchema = courseSchema.partial().extend({ version: versionSchema.optional() });
export const lessonChangeSchema = lessonSchema.partial().extend({ version: versionSchema.optional() });

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
