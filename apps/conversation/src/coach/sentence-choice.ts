import { createHash } from 'node:crypto';
import { SentenceSplitter } from '../reply/sentence-splitter.js';

/** Chooses among sentences that mean about the same: never one that was said before in the session, and the same one for the
 *  same turn, so that a redelivered turn gets the same reply. */
export class SentenceChoice {
  private readonly said: string[];

  /** @param said  all replies of the session so far
   *  @param seed  of the turn */
  constructor(
    said: readonly string[],
    private readonly seed: string,
  ) {
    this.said = [...said];
  }

  /** @param name of what is chosen, so that two choices of one turn do not go the same way
   *  @returns undefined where all options were said before */
  choose(options: readonly string[], name: string): string | undefined {
    const first =
      createHash('sha256').update(`${this.seed}:${name}`).digest().readUInt32BE(0) % options.length;
    const chosen = [...options.slice(first), ...options.slice(0, first)].find((option) => this.isNew(option));
    if (chosen !== undefined) this.said.push(asSpoken(chosen).join(' '));
    return chosen;
  }

  private isNew(option: string): boolean {
    const sentences = asSpoken(option);
    return !this.said.some((reply) => sentences.some((sentence) => reply.includes(sentence)));
  }
}

/** The sentences that the voice is given. */
function asSpoken(text: string): string[] {
  const splitter = new SentenceSplitter();
  return [...splitter.push(text), ...splitter.flush()];
}
