import { LONGEST_QUESTION, type StreamQuestion } from '@parlance/contracts';
import type { SessionEvent } from '@parlance/messaging';
import type { Playback } from './playback.js';

/** The coach's last reply as what its learner answers: recognition is told it when an utterance begins, so that it can judge the answer. */
export class CoachQuestion {
  private reply: { readonly turn: string; readonly text: string } | undefined;

  constructor(
    private readonly playback: Pick<Playback, 'lastPlayed'>,
    /** The clock of the playback, milliseconds. */
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Notes a reply. */
  follow({ event }: SessionEvent): void {
    if (event.name !== 'turn.replied') return;
    const { identity, text } = event.data;
    this.reply = { turn: identity.turn, text: [...text].slice(0, LONGEST_QUESTION).join('') };
  }

  /** What an utterance that has just begun answers; undefined where nothing was asked. A reply that was only written, or is not played
   *  yet, has no end. */
  ask(): StreamQuestion | undefined {
    const { reply } = this;
    if (!reply || reply.text === '') return undefined;
    const { lastPlayed } = this.playback;
    if (lastPlayed?.turn !== reply.turn) return { text: reply.text };
    return { text: reply.text, endedAgoMs: Math.round(this.now() - lastPlayed.until) };
  }
}
