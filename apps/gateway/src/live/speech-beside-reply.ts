import type { EndpointEvent__Output, RecognitionResult__Output } from '@parlance/contracts';
import type { Playback, PlayedReply } from './playback.js';

/** A sound that is neither confirmed nor over by then is a noise: the reply goes on beside it, milliseconds. */
const LONGEST_PAUSE_MS = 1_500;

/** What the client of a reply that is being played is to do: pause it at once, and go on or stop for good a moment later. */
export type PlaybackEvent =
  | { readonly kind: 'paused'; readonly turn: string }
  | { readonly kind: 'resumed'; readonly turn: string }
  | { readonly kind: 'interrupted'; readonly reply: PlayedReply };

/**
 * Decides what becomes of a reply while its person makes a sound. What has started may be a cough or a short hum of assent: the reply
 * pauses at once, so that nobody speaks against it, goes on when the sound is over, and is interrupted by speech that is
 * confirmed.
 */
export class SpeechBesideReply {
  /** The utterance that began while a reply was played, until it is confirmed to be speech. */
  private utterance: string | undefined;
  /** The utterance that the reply is paused for. */
  private pausedFor: string | undefined;
  private limit: NodeJS.Timeout | undefined;

  /** @param tell  tells the client; resolves when it knows
   *  @param interrupt  ends the reply */
  constructor(
    private readonly playback: Playback,
    private readonly tell: (event: PlaybackEvent) => Promise<void>,
    private readonly interrupt: () => Promise<void>,
    private readonly longestPauseMs = LONGEST_PAUSE_MS,
  ) {}

  async judge({ kind, utteranceId }: EndpointEvent__Output): Promise<void> {
    switch (kind) {
      case 'ENDPOINT_KIND_SPEECH_POSSIBLE':
        return this.pause(utteranceId);
      case 'ENDPOINT_KIND_SPEECH_STARTED':
        if (this.playback.isPlaying) this.utterance = utteranceId;
        return this.pause(utteranceId);
      case 'ENDPOINT_KIND_SPEECH_CONFIRMED':
        this.utterance = undefined;
        this.forgetPause();
        if (this.playback.isPlaying) await this.interrupt();
        return;
      case 'ENDPOINT_KIND_SPEECH_DISMISSED':
        return this.resume();
      case 'ENDPOINT_KIND_UTTERANCE_END':
        // It comes behind the final: another utterance may have begun.
        if (utteranceId === this.pausedFor) await this.resume();
        return;
      default:
        return;
    }
  }

  /** Whether somebody only showed that they follow the reply: no turn is made of that. */
  isAssent({ utteranceId, text }: Pick<RecognitionResult__Output, 'utteranceId' | 'text'>): boolean {
    return utteranceId === this.utterance && isHumOfAssent(text);
  }

  /** A reply that is paused goes on: nobody listens any more, or not to that. */
  async resume(): Promise<void> {
    this.forgetPause();
    const turn = this.playback.resume();
    if (turn !== undefined) await this.tell({ kind: 'resumed', turn });
  }

  /** Nothing is decided any more. */
  close(): void {
    this.forgetPause();
  }

  private async pause(utterance: string): Promise<void> {
    if (!this.playback.isPlaying) return;
    this.forgetPause();
    this.pausedFor = utterance;
    this.limit = setTimeout(() => void this.resume(), this.longestPauseMs);
    const turn = this.playback.pause();
    if (turn !== undefined) await this.tell({ kind: 'paused', turn });
  }

  private forgetPause(): void {
    clearTimeout(this.limit);
    this.pausedFor = undefined;
  }
}

/** How recognition writes the sounds by which people show that they follow what is said, without letters that are repeated. */
const HUMS: ReadonlySet<string> = new Set([
  'm',
  'hm',
  'mh',
  'mhm',
  'hmhm',
  'uh',
  'uhuh',
  'uhhuh',
  'ah',
  'aha',
  'oh',
]);

/** Whether a text is nothing but such sounds: "Mm-hmm.", "Uh-huh", "Hm". */
export function isHumOfAssent(text: string): boolean {
  const words = text.toLowerCase().match(/[\p{L}'-]+/gu) ?? [];
  const sounds = words.map((word) => word.replace(/[^\p{L}]/gu, '').replace(/(.)\1+/gu, '$1'));
  return sounds.length > 0 && sounds.every((sound) => HUMS.has(sound));
}
