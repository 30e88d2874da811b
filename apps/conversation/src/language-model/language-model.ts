import type {
  Correction,
  Lesson,
  Scenario,
  SessionContext,
  TeachingMode,
  TurnTranscribed,
} from '@parlance/contracts';
import type { PastExchange, SessionSummary } from '@parlance/persistence';

/** What came before a turn in its session. */
export interface ReplyContext {
  /** Mode, scenario, material, level and languages; undefined where the client has named none. */
  readonly session: SessionContext | undefined;
  /** What the catalogue says of the session's mode. */
  readonly mode: TeachingMode | undefined;
  readonly scenario: Scenario | undefined;
  /** The stored lesson that the session is for. */
  readonly lesson?: Lesson | undefined;
  /** The session's answered exchanges, oldest first. */
  readonly exchanges: readonly PastExchange[];
  readonly summary: SessionSummary | undefined;
}

/** What a reply is made from. */
export interface ReplyPrompt {
  readonly turn: TurnTranscribed;
  /** Remarks of the grammar checker on the turn's text; never rejects. They take longer than a first sentence: whoever needs none does
   *  not wait for them. */
  readonly corrections: Promise<readonly Correction[]>;
  readonly context: ReplyContext;
  /** Sentences of this reply that are kept already; the model goes on after them. */
  readonly written: readonly string[];
}

/** Tokens as the server counted them. */
export interface TokenCount {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Text as it is written, or at the end what it took. */
export type ReplyPart = { readonly text: string } | { readonly usage: TokenCount };

/** Writes the reply to a turn. */
export abstract class LanguageModel {
  /** The model's name, as clients see it. */
  abstract readonly name: string;
  /** What it always writes in, ISO 639-1; undefined: the language of the turn. */
  readonly language: string | undefined = undefined;

  /** The reply's text as it is written, from after the sentences in `prompt.written`.
   *  @throws AppError upstream.unavailable, request.deadline_exceeded, also when it breaks off in the middle */
  abstract write(prompt: ReplyPrompt, signal: AbortSignal): AsyncIterable<ReplyPart>;
}
