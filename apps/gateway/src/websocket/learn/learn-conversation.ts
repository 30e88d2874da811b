import {
  languageCode,
  type LearnEvent,
  type LearnStart,
  type LearnSummary,
  type SpeechReady,
  type TurnEvent,
  type TurnFailed,
} from '@parlance/contracts';
import { AppError, isErrorCode } from '@parlance/errors';
import type { ConversationEvent, LiveConversation } from '../../live/live-conversation.js';
import { REPLY_RATE_HZ, replyPcm } from '../../media/reply-pcm.js';
import {
  plainSpeech,
  SocketConversation,
  type SocketClient,
  type SocketSpeech,
} from '../socket-conversation.js';
import { LearnTurns } from './learn-turns.js';

/** Feedback is written behind the reply; a session that ends waits for the last ones so long. */
const FEEDBACK_LIMIT_MS = 8_000;

export interface LearnConversationOptions {
  readonly start: LearnStart;
  readonly ffmpegPath: string;
  /** How long the end waits for answers. */
  readonly answerMs: number;
  /** Records that the learner has ended the session. */
  readonly ended: () => Promise<void>;
}

/** One learning session, from its start to its summary. */
export class LearnConversation extends SocketConversation {
  readonly turns = new LearnTurns(this.feedback);
  /** The spoken reply is decoded and sent beside what is told at once, each in its own order. */
  private replies: Promise<void> = Promise.resolve();

  constructor(
    session: string,
    conversation: LiveConversation,
    client: SocketClient,
    private readonly learning: LearnConversationOptions,
  ) {
    const { start, ended } = learning;
    const speech = () => learnSpeech(start);
    super(session, conversation, client, { speech, ended });
  }

  /** Ends it: what was said is recognised, answered and judged. */
  async end(): Promise<LearnSummary> {
    await this.finish({ answerMs: this.learning.answerMs, feedbackMs: FEEDBACK_LIMIT_MS });
    return this.turns.summary(this.durationMs);
  }

  protected async tell(event: ConversationEvent): Promise<void> {
    switch (event.kind) {
      case 'speech':
        if (event.event.result) await this.sendAll([this.turns.spoken(event.event.result)]);
        return;
      case 'taken':
        return this.turns.began(event.taken);
      case 'assessed': {
        const { identity, utteranceId: utterance_id, assessment } = event;
        return this.sendAll([{ type: 'assessment', turn_id: identity.turn, utterance_id, assessment }]);
      }
      case 'paused':
      case 'resumed':
        return this.sendAll([{ type: `playback_${event.kind}`, turn_id: event.turn }]);
      case 'interrupted':
        return this.sendAll(this.turns.interrupted(event.reply));
      case 'fault':
        return this.client.report(event.error);
      case 'event':
        this.replies = this.replies.then(() => this.tellTurn(event.arrived.event));
        return;
      case 'utterance':
      case 'speech-ended':
        return;
    }
  }

  protected allTold(): Promise<void> {
    return this.replies;
  }

  /** Never rejects: nobody waits for one event of a reply. */
  private async tellTurn(event: TurnEvent): Promise<void> {
    try {
      if (event.name === 'speech.ready') await this.sendAudio(event.data);
      await this.sendAll(this.turns.happened(event));
      if (event.name === 'turn.failed')
        await this.client.report(faultOf(event.data), { turn_id: event.data.identity.turn });
    } catch (error) {
      this.client.fail(error);
    }
  }

  private async sendAudio(ready: SpeechReady): Promise<void> {
    if (this.left.aborted || !this.turns.isOpen(ready.identity.turn)) return;
    try {
      const stored = await this.conversation.audioOf(ready.audio.key);
      if (!stored)
        throw new AppError('recording.not_found', 'The speech of a sentence is not stored any more.');
      const pcm = await replyPcm(this.learning.ffmpegPath, stored, this.left);
      const audio = this.turns.audio(ready, pcm, REPLY_RATE_HZ);
      if (audio) await this.sendAll([audio]);
    } catch (error) {
      if (!this.left.aborted) await this.client.report(error, { turn_id: ready.identity.turn });
    }
  }

  private async sendAll(events: readonly LearnEvent[]): Promise<void> {
    for (const event of events) await this.client.send(event);
  }
}

function learnSpeech({ target_language, assess, expected_text }: LearnStart): SocketSpeech {
  const { config, format } = plainSpeech(languageCode(target_language));
  if (!assess) return { config, format };
  return { config: { ...config, assessment: { expectedText: expected_text } }, format };
}

function faultOf({ error: { code, message } }: TurnFailed): AppError {
  return new AppError(isErrorCode(code) ? code : 'internal.unexpected', message);
}
