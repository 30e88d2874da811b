import { VoiceClient } from '../../support/voice-client.js';
import { until } from '../../support/until.js';

const RAW = { encoding: 'linear16', sampleRate: 16_000 };
/** Longest wait for a whole reply; a turn that takes longer counts as lost. */
const ANSWER_LIMIT_MS = 60_000;
/** Longest wait for the word that a turn was taken. */
const TAKEN_LIMIT_MS = 3_000;
const PAUSE_MS = 1_000;
const REFUSED_PAUSE_MS = 500;

/** An event of a session as it reached its client. */
export interface Delivery {
  readonly session: string;
  readonly sequence: number;
  /** Wall clock, milliseconds. */
  readonly receivedAt: number;
}

/** One person in conversation over /voice in real time. */
export class Speaker {
  readonly deliveries: Delivery[] = [];
  utterances = 0;
  /** Tries to speak for which recognition had no room. */
  refused = 0;
  /** Utterances that became no turn, and turns without a whole reply that nobody spoke into: what of each was lost. */
  readonly losses: string[] = [];
  /** Codes of the faults that it was told. */
  readonly faults: string[] = [];

  private constructor(private readonly client: VoiceClient) {
    client.socket.onAny(
      (name: string, event: { metadata?: { sequence?: number }; error?: { code: string } }) => {
        const receivedAt = performance.timeOrigin + performance.now();
        const sequence = event.metadata?.sequence;
        if (sequence !== undefined) this.deliveries.push({ session: client.sessionId, sequence, receivedAt });
        if (name === 'voice:error') this.faults.push(event.error?.code ?? '');
      },
    );
  }

  static async join(url: string, user: string): Promise<Speaker> {
    const client = await VoiceClient.connectAs(user, url);
    const speaker = new Speaker(client);
    await client.join({ settings: { sttMode: 'server', ttsEnabled: true, language: 'en' } });
    return speaker;
  }

  /** Says one utterance after the other, each when the reply to the one before is whole, until the time is over. */
  async converse(utterances: readonly Buffer[], untilMs: number): Promise<void> {
    for (let nth = 0; performance.now() < untilMs; nth += 1) {
      await this.sayOne(utterances[nth % utterances.length]!);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  close(): void {
    this.client.close();
  }

  private async sayOne(pcm: Buffer): Promise<void> {
    const { client } = this;
    this.utterances += 1;
    const before = client.events.length;
    // Where there is no room just now nothing is said: a turn that is refused at once is not lost.
    while ((await client.ask('voice:start-recording', { metadata: RAW })).error) {
      this.refused += 1;
      await new Promise((resolve) => setTimeout(resolve, REFUSED_PAUSE_MS));
    }
    await client.speak(pcm, 0, 1);
    const stopped = await client.ask('voice:stop-recording');
    // The turn is stored by now; that it is may still be on its way to the client.
    await until(() => this.turnsSince(before).size > 0, TAKEN_LIMIT_MS).catch(() => {
      const final = this.client.events.slice(before).find(({ name, event }) => {
        return name === 'voice:transcribed' && (event as { isFinal: boolean }).isFinal;
      });
      this.losses.push(
        `no turn: stopped by ${JSON.stringify(stopped)}, final ${JSON.stringify(final?.event ?? null)}`,
      );
    });
    // A pause within the utterance may have made it two turns.
    for (const turn of this.turnsSince(before)) {
      const isWhole = until(() => this.isAnswered(turn) || this.isInterrupted(turn), ANSWER_LIMIT_MS);
      await isWhole.catch(() => this.losses.push(`no whole reply to ${turn}`));
      await client.ask('voice:tts-complete', { messageId: turn });
    }
  }

  /** Turns that the client was told of, by their messages. @param before  events that it had got by then */
  private turnsSince(before: number): Set<string> {
    return new Set(
      this.client.events.slice(before).flatMap(({ name, event }) => {
        const { status, messageId } = event as { status?: string; messageId?: string };
        return name === 'voice:processing' && status === 'thinking' && messageId !== undefined
          ? [messageId]
          : [];
      }),
    );
  }

  /** The other half of the utterance was spoken into the reply to its first one. */
  private isInterrupted(turn: string): boolean {
    return this.client.of('voice:interrupted').some(({ messageId }) => messageId === turn);
  }

  private isAnswered(turn: string): boolean {
    const of = (part: 'reply' | 'speech') =>
      this.client.parts(part).filter(({ messageId }) => messageId === turn);
    const [reply] = of('reply');
    return reply !== undefined && of('speech').length === reply.metadata.sentences;
  }
}
