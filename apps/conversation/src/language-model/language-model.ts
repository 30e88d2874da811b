import type { Correction, TurnTranscribed } from '@parlance/contracts';
import type { PastExchange } from '@parlance/persistence';

/** What a reply is made from. */
export interface ReplyPrompt {
  readonly turn: TurnTranscribed;
  /** Remarks of the grammar checker on the turn's text. */
  readonly corrections: readonly Correction[];
  /** The session's last answered exchanges, oldest first. */
  readonly history: readonly PastExchange[];
  /** Sentences of this reply that are kept already; the model goes on after them. */
  readonly written: readonly string[];
}

/** Writes the reply to a turn. */
export abstract class LanguageModel {
  /** What clients are told has answered. */
  abstract readonly name: string;
  /** What it always writes in, ISO 639-1; undefined: the language of the turn. */
  readonly language: string | undefined = undefined;

  /** The reply's text as it is written, from after the sentences in `prompt.written`.
   *  @throws AppError upstream.unavailable, also when it breaks off in the middle */
  abstract write(prompt: ReplyPrompt, signal: AbortSignal): AsyncIterable<string>;
}
