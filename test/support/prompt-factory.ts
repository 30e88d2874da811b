import { sessionContextSchema, type SessionContext } from '@parlance/contracts';
import type { ReplyContext, ReplyPrompt } from '@parlance/conversation/language-model/language-model';
import type { PastExchange } from '@parlance/persistence';
import { aTurn } from './turn-factory.js';

export function anExchange(overrides: Partial<PastExchange> = {}): PastExchange {
  const reply = overrides.reply ?? 'That is nice.';
  return {
    sequence: 1,
    said: 'I have a cat.',
    answered: reply,
    interrupted: false,
    reply,
    model: 'groq:llama',
    ...overrides,
  };
}

/** A session at its beginning, about which nothing was set. */
export function aContext(overrides: Partial<ReplyContext> = {}): ReplyContext {
  return {
    session: undefined,
    mode: undefined,
    scenario: undefined,
    exchanges: [],
    summary: undefined,
    ...overrides,
  };
}

export function aSessionContext(overrides: Partial<SessionContext> = {}): SessionContext {
  return { ...sessionContextSchema.parse({}), ...overrides };
}

export function aPrompt(overrides: Partial<ReplyPrompt> = {}): ReplyPrompt {
  return { turn: aTurn(), corrections: Promise.resolve([]), context: aContext(), written: [], ...overrides };
}
