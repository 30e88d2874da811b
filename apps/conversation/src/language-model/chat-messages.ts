import { memoryOf } from '../context/memory.js';
import type { ReplyPrompt } from './language-model.js';
import { systemPrompt } from './system-prompt.js';

/** A message of a chat completion. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** Some servers refuse a message without text. */
const NOTHING = '…';

/** The messages that ask for a reply: instructions, what was said earlier in short, the last exchanges, and what the person
 *  says now. What people said stands in messages of their own role only. */
export function chatMessages(prompt: ReplyPrompt): ChatMessage[] {
  const { earlier, recent } = memoryOf(prompt.context);
  const short: ChatMessage[] =
    earlier === ''
      ? []
      : [
          { role: 'user', content: `Notes on what was said earlier in this conversation:\n${earlier}` },
          { role: 'assistant', content: 'I remember that.' },
        ];
  const past = recent.flatMap(({ said, answered }): ChatMessage[] => [
    { role: 'user', content: said || NOTHING },
    { role: 'assistant', content: answered || NOTHING },
  ]);
  const written: ChatMessage[] =
    prompt.written.length === 0 ? [] : [{ role: 'assistant', content: prompt.written.join(' ') }];
  return [
    { role: 'system', content: systemPrompt(prompt, recent) },
    ...short,
    ...past,
    { role: 'user', content: prompt.turn.text || NOTHING },
    ...written,
  ];
}
