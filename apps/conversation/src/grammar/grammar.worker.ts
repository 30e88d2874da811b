import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { Dialect, LocalLinter, SuggestionKind, type Lint } from 'harper.js';
import { binary } from 'harper.js/binary';
import type { Correction } from '@parlance/contracts';

/** A text to check; the answer carries the same number. */
export interface GrammarRequest {
  readonly id: number;
  readonly text: string;
}

export interface GrammarAnswer {
  readonly id: number;
  readonly corrections?: readonly Correction[];
  readonly failed?: string;
}

/** Kinds of remarks on how words are written: the recogniser writes them, not the speaker. */
const WRITING_KINDS = new Set([
  'Capitalization',
  'Punctuation',
  'Formatting',
  'Spelling',
  'Typo',
  'Readability',
  'Style',
]);
const MOST_SUGGESTIONS = 3;

const linter = new LocalLinter({ binary, dialect: Dialect.American });

yieldProcessors();

/** A remark is spoken behind a reply's first sentence, which is made meanwhile and for which someone waits. */
function yieldProcessors(): void {
  try {
    // Linux has a priority for each thread, and names the one that asks PID/task/TID.
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, Math.max(getPriority(thread), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // Another system, or one that does not let it: it runs as any other.
  }
}

parentPort!.on('message', ({ id, text }: GrammarRequest) => {
  check(text).then(
    (corrections) => parentPort!.postMessage({ id, corrections } satisfies GrammarAnswer),
    (error: unknown) => parentPort!.postMessage({ id, failed: String(error) } satisfies GrammarAnswer),
  );
});

async function check(text: string): Promise<Correction[]> {
  const lints = await linter.lint(text, { language: 'plaintext' });
  // Harper counts characters, JavaScript UTF-16 units: they differ after an emoji.
  const characters = [...text];
  const unitsBefore = (count: number): number => characters.slice(0, count).join('').length;
  return lints
    .filter((lint) => !WRITING_KINDS.has(lint.lint_kind()))
    .map((lint) => ({
      start: unitsBefore(lint.span().start),
      end: unitsBefore(lint.span().end),
      message: lint.message(),
      suggestions: suggestionsOf(lint),
      rule: lint.lint_kind_pretty(),
    }))
    .sort((a, b) => a.start - b.start);
}

/** What to say instead of the marked words; empty where they are to be left out. */
function suggestionsOf(lint: Lint): string[] {
  return lint
    .suggestions()
    .slice(0, MOST_SUGGESTIONS)
    .map((suggestion) => {
      const text = suggestion.get_replacement_text();
      return suggestion.kind() === SuggestionKind.InsertAfter ? lint.get_problem_text() + text : text;
    });
}
