import type { ConverseStream } from '../../support/converse-client.js';

const FRAME_MS = 50;
const BYTES_PER_MS = 32;
const SILENCE = Buffer.alloc(FRAME_MS * BYTES_PER_MS);
/** An answer that takes longer never comes. */
const ANSWER_LIMIT_MS = 20_000;
/** The recogniser ends a final where the last word does. */
const FINAL_TOLERANCE_MS = 800;

/** What the client of one utterance waited for: milliseconds from the end of its speech, the silence that ends it included. */
export interface TimedTurn {
  readonly finalMs: number;
  readonly firstSentenceMs: number;
  readonly firstAudioMs: number;
  /** From the final to the first audio. */
  readonly answerMs: number;
}

/** A person in conversation with the platform over one Converse call, in real time. */
export class TurnPlayer {
  private sentMs = 0;

  constructor(private readonly stream: ConverseStream) {}

  /** Says one utterance and is silent until it is answered; then all of the answer counts as played.
   *  @param pcm  16 kHz mono s16le that ends with the speech */
  async play(pcm: Buffer): Promise<TimedTurn> {
    const clock = performance.now() - this.sentMs;
    const send = async (frame: Buffer): Promise<void> => {
      this.sentMs += frame.length / BYTES_PER_MS;
      const dueMs = Math.max(0, clock + this.sentMs - performance.now());
      await new Promise((resolve) => setTimeout(resolve, dueMs));
      this.stream.write({ audio: frame });
    };
    for (let at = 0; at < pcm.length; at += SILENCE.length) await send(pcm.subarray(at, at + SILENCE.length));
    const [endedAt, endMs] = [performance.now(), this.sentMs];
    let timed: TimedTurn | undefined;
    while (!timed) {
      if (performance.now() - endedAt > ANSWER_LIMIT_MS) throw new Error('A turn was not answered.');
      await send(SILENCE);
      timed = this.answered(endedAt, endMs);
    }
    this.stream.write({ control: 'CONVERSE_CONTROL_PLAYED' });
    return timed;
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
      answerMs: since(firstAudio) - since(final),
    };
  }
}
