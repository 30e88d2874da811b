import type { Update } from 'grammy/types';
import { z } from 'zod';
import { AppError } from '@parlance/errors';

/** Kinds of update that the bot asks Telegram for. */
export const ALLOWED_UPDATES = ['message', 'callback_query'] as const;

const from = z.looseObject({ id: z.number().int(), is_bot: z.boolean() });

/** What every update has that the bot relies on. Telegram adds fields with each release, so others are let through. */
const updateSchema = z.looseObject({
  update_id: z.number().int().nonnegative(),
  message: z
    .looseObject({
      message_id: z.number().int(),
      from: from.optional(),
      chat: z.looseObject({ id: z.number().int(), type: z.string() }),
    })
    .optional(),
  callback_query: z.looseObject({ id: z.string(), from }).optional(),
});

/** An update as it came, once it is known to be one.
 *  @throws AppError request.invalid */
export function readUpdate(body: unknown): Update {
  const parsed = updateSchema.safeParse(body);
  if (!parsed.success)
    throw new AppError('request.invalid', 'This is no update of Telegram.', { cause: parsed.error });
  return body as Update;
}

/** Whose update it is, `BOT:user`; empty where it is nobody's. */
export function ownerOf(bot: string, update: Update): string {
  const user = update.message?.from ?? update.callback_query?.from;
  return user ? `${bot}:${user.id}` : '';
}
