import { z } from 'zod';
import { enrolmentSchema, LESSON_STATES, ulidSchema } from '@parlance/contracts';
import { VIEW_FIELDS, versionSchema } from './learning-requests.js';

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
