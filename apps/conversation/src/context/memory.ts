import { textHead } from '@parlance/contracts';
import type { PastExchange } from '@parlance/persistence';
import type { ReplyContext } from '../language-model/language-model.js';
import { MODERATION } from '../moderation/moderation.service.js';

/** Exchanges a model is given word by word: 20 messages. */
export const RECENT_EXCHANGES = 10;
/** Bounds of what is remembered of the time before, in UTF-16 units. */
export const LONGEST_SUMMARY = 2_000;
const LONGEST_LINE = 160;

/** A session's past as a model gets it. */
export interface Memory {
  /** What was said earlier, in short; empty where all of it is in `recent`. */
  readonly earlier: string;
  readonly recent: readonly PastExchange[];
}

/** Exchanges too old to be given in full that the summary does not have yet. */
export function unsummarized({ exchanges, summary }: ReplyContext): readonly PastExchange[] {
  const old = fitForModels(exchanges).slice(0, -RECENT_EXCHANGES);
  return old.filter(({ sequence }) => sequence > (summary?.through ?? 0));
}

/** Between two summaries the exchanges that have become old are given by their beginnings, so that nothing is missing. */
export function memoryOf(context: ReplyContext): Memory {
  const recent = fitForModels(context.exchanges).slice(-RECENT_EXCHANGES);
  return { earlier: extract(context.summary?.text ?? '', unsummarized(context)), recent };
}

/** A summary without a model: the beginnings of what was said, after what is summarized already. Where that is too long, the
 *  oldest lines are left out. */
export function extract(before: string, exchanges: readonly PastExchange[]): string {
  const lines = exchanges.map(
    ({ said, answered }) => `The person said: ${beginning(said)} You answered: ${beginning(answered)}`,
  );
  const all = [...before.split('\n').filter((line) => line !== ''), ...lines];
  let length = all.reduce((sum, line) => sum + line.length + 1, 0);
  while (all.length > 1 && length > LONGEST_SUMMARY) length -= (all.shift()?.length ?? 0) + 1;
  return textHead(all.join('\n'), LONGEST_SUMMARY);
}

/** What moderation kept from the model once stays kept from it. */
function fitForModels(exchanges: readonly PastExchange[]): readonly PastExchange[] {
  return exchanges.filter(({ model }) => model !== MODERATION);
}

function beginning(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= LONGEST_LINE ? line : `${textHead(line, LONGEST_LINE)} …`;
}
