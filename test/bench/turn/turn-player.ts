import type { ConverseStream } from '../../support/converse-client.js';
import { PacedSpeech } from './paced-speech.js';

const BYTES_PER_MS = 32;
/** Of a reply that is interrupted so much is played before. */
const BEFORE_INTERRUPTION_MS = 400;
/** An answer that takes longer never comes. */
const ANSWER_LIMIT_MS = 20_000;
/** The recogniser ends a final where the last word does. */
const FINAL_TOLERANCE_MS = 800;

/** What the client of one utterance waited for: milliseconds from the end of its speech, the silence that ends it included. */
export interface TimedTurn {
  readonly finalMs: number;
  readonly firstSentenceMs: number;
  readonly firstAudioMs: number;
  /** From the final to the turn being taken. */
  readonly takenMs: number;
  /** From the final to the first audio. */
  readonly answerMs: number;
}

/** What happened to a reply into which somebody spoke: milliseconds from the begin of their speech; undefined where it did not. */
export interface TimedInterruption {
  readonly pausedMs: number | undefined;
  readonly interruptedMs: number | undefined;
}

/** A person in conversation with the platform over one Converse call, in real time. */
export class TurnPlayer {
  private readonly speech: PacedSpeech;

  constructor(private readonly stream: ConverseStream) {
    this.speech = new PacedSpeech(BYTES_PER_MS, (audio) => stream.write({ audio }));
  }

  /** Says one utterance and is silent until it is answered; then all of the answer counts as played.
   *  @param pcm  16 kHz mono s16le that ends with the speech */
  async play(pcm: Buffer): Promise<TimedTurn> {
    const timed = await this.sayUntilAnswered(pcm);
    this.stream.write({ control: 'CONVERSE_CONTROL_PLAYED' });
    this.speech.rest();
    return timed;
  }

  /** Says the first utterance and, into the reply to each, the next one.
   *  @param utterances  as `play` has them, each of which begins with the speech */
  async interrupt(utterances: readonly Buffer[]): Promise<TimedInterruption[]> {
    const [first, ...others] = utterances;
    if (first) await this.sayUntilAnswered(first);
    const timed: TimedInterruption[] = [];
    for (const pcm of others) {
      await this.speech.beSilent(BEFORE_INTERRUPTION_MS);
      const [begunAt, before] = [this.speech.spokenAt(), this.stream.events.length];
      await this.sayUntilAnswered(pcm);
      const since = (name: 'paused' | 'interrupted'): number | undefined => {
        const index = this.stream.events.findIndex(({ event }, at) => at >= before && event === name);
        return index < 0 ? undefined : (this.stream.times[index] ?? NaN) - begunAt;
      };
      timed.push({ pausedMs: since('paused'), interruptedMs: since('interrupted') });
    }
    return timed;
  }

  private async sayUntilAnswered(pcm: Buffer): Promise<TimedTurn> {
    await this.speech.say(pcm);
    const [endedAt, endMs] = [performance.now(), this.speech.lengthMs];
    for (;;) {
      if (performance.now() - endedAt > ANSWER_LIMIT_MS) throw new Error('A turn was not answered.');
      await this.speech.send(this.speech.silence);
      const timed = this.answered(endedAt, endMs);
      if (timed) return timed;
    }
  }

  /** A pause within the utterance may have made it two turns; the last one counts. */
  private answered(endedAt: number, endMs: number): TimedTurn | undefined {
    const { stream } = this;
    const final = stream.events.findLastIndex(({ result }) => result?.isFinal);
    const { result } = stream.events[final] ?? {};
    if (!result || result.endMs < endMs - FINAL_TOLERANCE_MS) return undefined;
    const turn = stream.of('taken').find(({ utteranceId }) => utteranceId === result.utteranceId)?.turnId;
    const replied = stream.of('replied').find(({ turnId }) => turnId === turn);
    const spoken = stream.of('audio').filter(({ turnId }) => turnId === turn);
    if (!replied || spoken.length < replied.sentences) return undefined;
    const since = (index: number): number => (stream.times[index] ?? NaN) - endedAt;
    const firstAudio = stream.events.findIndex(({ audio }) => audio?.turnId === turn);
    return {
      finalMs: since(final),
      firstSentenceMs: since(stream.events.findIndex(({ sentence }) => sentence?.turnId === turn)),
      firstAudioMs: since(firstAudio),
      takenMs: since(stream.events.findIndex(({ taken }) => taken?.turnId === turn)) - since(final),
      answerMs: since(firstAudio) - since(final),
    };
  }
}
