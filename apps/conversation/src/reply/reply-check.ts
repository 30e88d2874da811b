import type { Unusable } from '../language-model/server-faults.js';

/** Words in a row that no reply shares with the instructions by chance. */
const RUN = 6;
/** Shorter text is not judged by its characters. */
const LEAST_LENGTH = 12;

/** Judges a model's reply sentence by sentence, before each is given away. */
export class ReplyCheck {
  private readonly runs: ReadonlySet<string>;
  /** The reply's last words: what is given away in small portions is found too. */
  private last: string[] = [];

  /** @param instructions  text that a reply must not repeat */
  constructor(instructions: string) {
    this.runs = new Set(runsOf(wordsOf(instructions)));
  }

  /** @returns why the sentence cannot be spoken; undefined when it can */
  faultOf(sentence: string): Unusable | undefined {
    if (/<[!/]?[a-z][^>]*>|^\s*[{[]/i.test(sentence)) return 'markup';
    if (isNoise(sentence)) return 'noise';
    const words = [...this.last, ...wordsOf(sentence)];
    this.last = words.slice(1 - RUN);
    return runsOf(words).some((run) => this.runs.has(run)) ? 'instructions' : undefined;
  }
}

/** Whether a text is mostly signs, or was damaged on its way. */
function isNoise(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  if (/[\uFFFD\u0000-\u0008\u000E-\u001F]/u.test(text)) return true;
  const visible = text.replace(/\s/gu, '');
  const letters = visible.match(/[\p{L}\p{M}\p{N}]/gu)?.length ?? 0;
  return visible.length >= LEAST_LENGTH && letters < visible.length / 2;
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function runsOf(words: readonly string[]): string[] {
  return words.slice(RUN - 1).map((_, start) => words.slice(start, start + RUN).join(' '));
}
