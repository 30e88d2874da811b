import type { SessionEvent } from '@parlance/messaging';

interface PlayedSentence {
  readonly turn: string;
  readonly index: number;
  readonly text: string;
  readonly startsAt: number;
  readonly endsAt: number;
}

/** What was played of a reply when its person interrupted it. */
export interface PlayedReply {
  readonly turn: string;
  /** To the last word that was spoken; empty where playback had hardly begun. */
  readonly text: string;
}

/** A reply that was played, or is. */
export interface EndedReply {
  readonly turn: string;
  /** When its sound ended, or ends, by the clock of the playback. */
  readonly until: number;
}

/**
 * Follows what a client plays: each sentence begins when the one before it has ended, or when it arrived if that is later. Clients
 * that say when they are done correct it.
 */
export class Playback {
  private readonly texts = new Map<string, string>();
  private sentences: PlayedSentence[] = [];
  private pausedAt: number | undefined;
  /** The last reply that is played no more. */
  private ended: EndedReply | undefined;

  /** @param now  a monotonic clock, milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Notes an event that the client has just got. */
  follow({ event }: SessionEvent): void {
    const { turn } = event.data.identity;
    if (event.name === 'reply.sentence') this.texts.set(`${turn}:${event.data.index}`, event.data.text);
    if (event.name !== 'speech.ready') return;
    const { index, durationMs } = event.data;
    const key = `${turn}:${index}`;
    const startsAt = Math.max(this.position, this.sentences.at(-1)?.endsAt ?? 0);
    const text = this.texts.get(key) ?? '';
    this.texts.delete(key);
    this.sentences.push({ turn, index, text, startsAt, endsAt: startsAt + durationMs });
    this.sentences = this.sentences.filter((one) => one.turn === turn || one.endsAt > this.position);
  }

  /** Whether the client is taken to be playing, or to have paused. */
  get isPlaying(): boolean {
    return (this.sentences.at(-1)?.endsAt ?? 0) > this.position;
  }

  /** The client stops for a moment. @returns the turn whose reply it plays; undefined where it plays none, or has stopped already */
  pause(): string | undefined {
    const { playing } = this;
    if (!playing || this.pausedAt !== undefined) return undefined;
    this.pausedAt = this.now();
    return playing.turn;
  }

  /** It goes on where it stopped. @returns the turn whose reply that is; undefined where none is paused */
  resume(): string | undefined {
    const { pausedAt, playing } = this;
    this.pausedAt = undefined;
    if (pausedAt === undefined || !playing) return undefined;
    const pausedMs = this.now() - pausedAt;
    this.sentences = this.sentences.map((one) =>
      one.endsAt > pausedAt
        ? { ...one, startsAt: one.startsAt + pausedMs, endsAt: one.endsAt + pausedMs }
        : one,
    );
    return playing.turn;
  }

  /** What was played last, or is; a paused reply has ended. Undefined where nothing was. */
  get lastPlayed(): EndedReply | undefined {
    const last = this.sentences.at(-1);
    if (!last) return this.ended;
    return { turn: last.turn, until: Math.min(last.endsAt, this.pausedAt ?? Infinity) };
  }

  /** Nothing more of a reply is played. */
  drop(turn: string): void {
    this.noteEnd();
    this.sentences = this.sentences.filter((sentence) => sentence.turn !== turn);
  }

  /** The client has played all it got. */
  finish(): void {
    this.noteEnd();
    this.pausedAt = undefined;
    this.sentences = [];
    this.texts.clear();
  }

  /** Ends the playback. @returns what was played of the reply that was playing; undefined where none was */
  interrupt(): PlayedReply | undefined {
    const { position: now, playing } = this;
    if (!playing) return undefined;
    const text = this.sentences
      .filter(({ turn, startsAt }) => turn === playing.turn && startsAt <= now)
      .map((sentence) => (sentence.endsAt <= now ? sentence.text : playedOf(sentence, now)))
      .filter((part) => part !== '')
      .join(' ');
    this.finish();
    return { turn: playing.turn, text };
  }

  private noteEnd(): void {
    const { lastPlayed, position } = this;
    this.ended = lastPlayed && { ...lastPlayed, until: Math.min(lastPlayed.until, position) };
  }

  /** How far time has got for whoever plays. */
  private get position(): number {
    return this.pausedAt ?? this.now();
  }

  /** The sentence that is being played. */
  private get playing(): PlayedSentence | undefined {
    return this.sentences.find(({ endsAt }) => endsAt > this.position);
  }
}

/** The words of a sentence that is cut, by their share of its length: speech engines keep a steady pace within a sentence. */
function playedOf({ text, startsAt, endsAt }: PlayedSentence, now: number): string {
  return wordsWithin(text, (now - startsAt) / (endsAt - startsAt));
}

/** The words that lie within a share of a sentence, below 1. */
export function wordsWithin(text: string, share: number): string {
  const cut = text.lastIndexOf(' ', Math.floor(share * text.length));
  return cut > 0 ? text.slice(0, cut) : '';
}
