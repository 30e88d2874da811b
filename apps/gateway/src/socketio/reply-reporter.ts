import type { SessionSettings, TurnEvent, TurnIdentity } from '@parlance/contracts';
import type { SessionEvent } from '@parlance/messaging';
import type { LiveConversation } from '../live/live-conversation.js';
import type { StoredTurns } from '../turns/stored-turns.service.js';
import type { EventSocket } from './event-socket.js';
import {
  feedbackResponse,
  replyResponse,
  sentenceResponse,
  speechResponse,
  unspokenResponse,
} from './voice-view.js';

/** Replies that are followed at once; of older ones that never ended nothing more is expected. */
const MAX_FOLLOWED = 20;

/** A reply that is on its way. */
interface Reply {
  readonly texts: Map<number, string>;
  /** Undefined until the reply is whole. */
  sentences: number | undefined;
  spoken: number;
}

/** Tells a client of the replies of its session, in the order of the session's events. */
export class ReplyReporter {
  private readonly replies = new Map<string, Reply>();

  /** @param requestId  for the fault of a turn
   *  @param settings  read at each event: they may change */
  constructor(
    private readonly client: EventSocket,
    private readonly conversation: Pick<LiveConversation, 'audioOf'>,
    private readonly turns: Pick<StoredTurns, 'get'>,
    private readonly requestId: string,
    private readonly settings: Pick<SessionSettings, 'autoSpeak'>,
  ) {}

  /** Resolves when the client's connection has room for more. @throws AppError store.unavailable */
  async report({ event, sequence }: SessionEvent): Promise<void> {
    const { session: sessionId, turn: messageId } = event.data.identity;
    switch (event.name) {
      case 'reply.sentence':
        this.replyOf(messageId).texts.set(event.data.index, event.data.text);
        return this.client.send('voice:response', sentenceResponse(event.data, sequence));
      case 'speech.ready':
        return this.reportSpeech(event.data, sequence);
      case 'speech.failed':
        return this.reportUnspoken(event.data, sequence);
      case 'turn.replied':
        return this.reportReply(event.data, sequence);
      case 'turn.failed': {
        this.replies.delete(messageId);
        const error = { ...event.data.error, requestId: this.requestId };
        await this.client.send('voice:error', { sessionId, messageId, sequence, error });
        return this.client.send('voice:ready', { sessionId, messageId });
      }
      case 'turn.feedback':
        return this.client.send('voice:response', feedbackResponse(event.data, sequence));
    }
  }

  /** Nothing more of an interrupted reply comes. */
  drop(turn: string): void {
    this.replies.delete(turn);
  }

  private async reportSpeech(ready: EventData<'speech.ready'>, sequence: number): Promise<void> {
    const { identity, index, audio } = ready;
    const { session: sessionId, turn: messageId } = identity;
    const reply = this.replyOf(messageId);
    const data = await this.conversation.audioOf(audio.key);
    const text = await this.textOf(identity, index);
    reply.spoken += 1;
    const progress =
      reply.sentences === undefined ? {} : { progress: Math.min(1, reply.spoken / reply.sentences) };
    await this.client.send('voice:processing', { sessionId, messageId, status: 'speaking', ...progress });
    const { autoSpeak } = this.settings;
    await this.client.send('voice:response', speechResponse(ready, sequence, { text, data, autoSpeak }));
    if (reply.spoken === reply.sentences) this.replies.delete(messageId);
  }

  private async reportUnspoken(failed: EventData<'speech.failed'>, sequence: number): Promise<void> {
    const { identity, index } = failed;
    const { session: sessionId, turn: messageId } = identity;
    const reply = this.replyOf(messageId);
    const text = await this.textOf(identity, index);
    reply.spoken += 1;
    await this.client.send('voice:response', unspokenResponse(failed, sequence, text));
    if (reply.spoken !== reply.sentences) return;
    this.replies.delete(messageId);
    await this.client.send('voice:ready', { sessionId, messageId });
  }

  private async reportReply(replied: EventData<'turn.replied'>, sequence: number): Promise<void> {
    const { tenant, session: sessionId, turn: messageId } = replied.identity;
    const turn = await this.turns.get(tenant, messageId);
    const { autoSpeak } = this.settings;
    await this.client.send('voice:response', replyResponse(replied, sequence, { turn, autoSpeak }));
    const reply = this.replyOf(messageId);
    reply.sentences = replied.sentences;
    if (replied.speak && reply.spoken < replied.sentences) return;
    this.replies.delete(messageId);
    // Where it is spoken, the client says when it has been played.
    if (!replied.speak || replied.sentences === 0)
      await this.client.send('voice:ready', { sessionId, messageId });
  }

  /** Stored where the sentence was told before this client joined. */
  private async textOf({ tenant, turn }: TurnIdentity, index: number): Promise<string> {
    const told = this.replies.get(turn)?.texts.get(index);
    if (told !== undefined) return told;
    const { draft } = await this.turns.get(tenant, turn);
    return draft[index]?.text ?? '';
  }

  private replyOf(turn: string): Reply {
    const known = this.replies.get(turn);
    if (known) return known;
    const reply: Reply = { texts: new Map(), sentences: undefined, spoken: 0 };
    this.replies.set(turn, reply);
    const [oldest] = this.replies.keys();
    if (this.replies.size > MAX_FOLLOWED && oldest !== undefined) this.replies.delete(oldest);
    return reply;
  }
}

type EventData<Name extends TurnEvent['name']> = Extract<TurnEvent, { name: Name }>['data'];
