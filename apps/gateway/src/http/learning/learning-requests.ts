import { z } from 'zod';
import { AUTHORS, ulidSchema, type Principal } from '@parlance/contracts';
import { AppError } from '@parlance/errors';
import { learningNotFound, type LearningKind, type LearningRecord } from '@parlance/persistence';
import type { TenantRequest } from '../../auth/access.guard.js';
import { pageLimitSchema } from '../request-fields.js';

export type Query = Readonly<Record<string, unknown>>;

/** `GET` of a list, newest first. Other parameters are refused by QueryGuard. */
export const learningPageSchema = z.object({
  limit: pageLimitSchema,
  /** `next_cursor` of the page before. */
  cursor: ulidSchema.optional(),
});

/** The version that a change is based on. */
export const versionSchema = z.int().min(1);

/** What is no id names nothing. @throws AppError learning.not_found */
export function idOf(id: string): string {
  const parsed = ulidSchema.safeParse(id);
  if (!parsed.success) throw learningNotFound();
  return parsed.data;
}

/** The caller as a learner. @throws AppError request.invalid where the request says for nobody what only a learner has */
export function learnerOf({ tenant, user }: Principal): Required<Principal> {
  if (user === undefined)
    throw new AppError('request.invalid', 'user: name the learner by the header x-parlance-user');
  return { tenant, user };
}

/** Whose records a caller reads: a teacher, an admin and an owner all of the tenant, everybody else their own; a key those of the
 *  learner that it names. */
export function readerOf({ caller, principal }: Pick<TenantRequest, 'caller' | 'principal'>): Principal {
  const readsAll = caller.user !== undefined && AUTHORS.some((role) => role === caller.role);
  return readsAll ? { tenant: principal.tenant } : principal;
}

/** A record with what every view has of it. */
export function viewOf<Value extends object>({
  id,
  value,
  version,
  createdAt,
  updatedAt,
}: Omit<LearningRecord<LearningKind>, 'value'> & { readonly value: Value }) {
  return {
    id,
    ...value,
    version,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

/** What every view has, for the OpenAPI document. */
export const VIEW_FIELDS = {
  id: ulidSchema,
  version: z.int().min(1),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
};

/** A page of what one more than `limit` was read of, which tells whether there is another page. */
export function pageOf<Item extends { readonly id: string }>(
  found: readonly Item[],
  limit: number,
): { readonly items: readonly Item[]; readonly next_cursor: string | null } {
  const items = found.slice(0, limit);
  return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null };
}

/** A place in a list by rank, as its cursor has it: `RANK.ID`. */
export const rankedCursorSchema = z
  .string()
  .regex(/^\d{1,9}\.[0-9A-Z]{26}$/, 'must be the next_cursor of a page')
  .transform((text) => {
    const [rank = '', id = ''] = text.split('.');
    return { rank: Number(rank), id };
  });
