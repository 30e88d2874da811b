import { MAX_PROMPT_TOKENS } from '../frames.js';

/** Above this temperature a window's text is too unsure to prompt the next. */
const MAX_PROMPT_TEMPERATURE = 0.5;

export interface HistoryRules {
  /** Give each window the text before it. */
  readonly conditionOnPreviousText: boolean;
  /** Put the initial prompt before every window's, not only before the first. */
  readonly carryInitialPrompt: boolean;
}

/** The text so far, from which each window's prompt is taken (openai/whisper, transcribe.py). */
export class TextHistory {
  private readonly tokens: number[];
  private usableFrom = 0;

  /** @param initial tokens of the initial prompt */
  constructor(
    private readonly initial: readonly number[],
    private readonly rules: HistoryRules,
  ) {
    this.tokens = [...initial];
  }

  /** Tokens to put before the next window: 223 at most, the newest. */
  prompt(): readonly number[] {
    if (!this.rules.carryInitialPrompt) return this.tokens.slice(this.usableFrom).slice(-MAX_PROMPT_TOKENS);
    const text = this.tokens.slice(Math.max(this.initial.length, this.usableFrom));
    // With an initial prompt beyond the context this leaves out the oldest text instead, as the reference's slice does.
    const recent = text.slice(this.initial.length - MAX_PROMPT_TOKENS);
    return [...this.initial, ...recent].slice(-MAX_PROMPT_TOKENS);
  }

  /** @param temperature at which the text was decoded */
  add(tokens: readonly number[], temperature: number): void {
    this.tokens.push(...tokens);
    if (!this.rules.conditionOnPreviousText || temperature > MAX_PROMPT_TEMPERATURE)
      this.usableFrom = this.tokens.length;
  }
}
